using System.Collections.Immutable;
using Akka.Configuration;
using MeshActors.Contracts.Edge.V1;

namespace MeshActors.Remoting.Wire;

/// <summary>The part of Akka's configuration in which both ends must agree: what is read, how long a frame is, and that it is TLS.</summary>
public static class EdgeForms
{
    /// <summary>The edge's actor system, as it stands in its address.</summary>
    public const string SystemName = "mesh-edge";

    /// <summary>The scheme of Akka's TLS transport.</summary>
    public const string Protocol = "akka.ssl.tcp";

    /// <summary>The actor that takes <see cref="Open"/>.</summary>
    public const string Receptionist = "agents";

    /// <summary>
    /// The end of an agent's name, which has random letters before it: no two agents have the same, behind whatever NAT, and
    /// nobody can be called by it (RFC 6761).
    /// </summary>
    public const string AgentSuffix = ".agent.invalid";

    /// <summary>Of <see cref="Open"/>.</summary>
    public const uint Version = 1;

    private static readonly ImmutableArray<(string Name, Type Serializer, int Identifier)> Closed =
    [
        ("json", typeof(ClosedJson), 1), ("proto", typeof(ClosedProto), 2), ("daemon-create", typeof(ClosedDaemonCreate), 3),
        ("bytes", typeof(ClosedBytes), 4), ("akka-containers", typeof(ClosedContainers), 6), ("akka-misc", typeof(ClosedMisc), 16),
        ("primitive", typeof(ClosedPrimitive), 17), ("akka-system-msg", typeof(ClosedSystemMessages), 22),
    ];

    private static readonly ImmutableArray<Type> Messages = [typeof(Open), typeof(Opened), typeof(Piece), typeof(Taken), typeof(End)];

    /// <summary>Goes before everything else: no other file may open what is closed here.</summary>
    public static Config Config { get; } = ConfigurationFactory.ParseString(string.Join('\n',
    [
        "akka.actor.provider = remote",
        "akka.actor.serialization-settings.allow-unregistered-types = off",
        // Said at each start for each serializer that takes another's place.
        "akka.log-serializer-override-on-start = off",
        .. Closed.Append(("mesh-edge", typeof(EdgeSerializer), 7303)).SelectMany(form => (string[])
        [
            $"akka.actor.serializers.{form.Item1} = \"{NameOf(form.Item2)}\"",
            $"akka.actor.serialization-identifiers.\"{NameOf(form.Item2)}\" = {form.Item3}",
        ]),
        .. Messages.Select(type => $"akka.actor.serialization-bindings.\"{NameOf(type)}\" = mesh-edge"),
        "akka.remote.untrusted-mode = on",
        "akka.remote.trusted-selection-paths = []",
        "akka.remote.dot-netty.tcp.enable-ssl = on",
        // A piece, its addresses, and some.
        $"akka.remote.dot-netty.tcp.maximum-frame-size = {FrameBytesMax}b",
    ]));

    /// <summary>Longer messages travel in pieces of 32 KB.</summary>
    public const int FrameBytesMax = 64_000;

    private static string NameOf(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
