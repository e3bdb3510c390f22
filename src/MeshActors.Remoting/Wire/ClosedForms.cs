using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace MeshActors.Remoting.Wire;

/// <summary>
/// Stands in the place of one of Akka's own serializers and reads nothing: some make whatever type the bytes name, others
/// stop actors, watch them, or nest without end. Two systems that only exchange <see cref="EdgeSerializer"/>'s messages
/// need none of them.
/// </summary>
/// <remarks>With a text for a manifest: Akka would look up the type that any other manifest names.</remarks>
public abstract class ClosedForm(ExtendedActorSystem system, int identifier) : SerializerWithStringManifest(system)
{
    public override int Identifier => identifier;

    public override string Manifest(object o) => throw Unlisted(o);

    public override byte[] ToBinary(object obj) => throw Unlisted(obj);

    public override object FromBinary(byte[] bytes, string manifest) =>
        throw new SerializationException($"The form {identifier} is closed: only the edge's own messages are read.");

    private static SerializationException Unlisted(object o) => new($"{o.GetType()} is no message of the edge.");
}

/// <remarks>Akka hands a configuration to what it loads under this name.</remarks>
public sealed class ClosedJson(ExtendedActorSystem system, Config config) : ClosedForm(system, 1)
{
    public Config Config { get; } = config;
}

public sealed class ClosedProto(ExtendedActorSystem system) : ClosedForm(system, 2);

public sealed class ClosedDaemonCreate(ExtendedActorSystem system) : ClosedForm(system, 3);

public sealed class ClosedBytes(ExtendedActorSystem system) : ClosedForm(system, 4);

/// <summary>Selections: a message within a message, to any depth.</summary>
public sealed class ClosedContainers(ExtendedActorSystem system) : ClosedForm(system, 6);

public sealed class ClosedMisc(ExtendedActorSystem system) : ClosedForm(system, 16);

/// <remarks>As of <see cref="ClosedJson"/>.</remarks>
public sealed class ClosedPrimitive(ExtendedActorSystem system, Config config) : ClosedForm(system, 17)
{
    public Config Config { get; } = config;
}

public sealed class ClosedSystemMessages(ExtendedActorSystem system) : ClosedForm(system, 22);
