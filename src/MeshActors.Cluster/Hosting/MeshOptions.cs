using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Cluster.Regions;
using MeshActors.Cluster.Storage;
using MeshActors.Domain;

namespace MeshActors.Cluster.Hosting;

/// <summary>What a process must know to be, or to join, a mesh's controllers.</summary>
public sealed record MeshOptions
{
    public required JournalDatabase Journal { get; init; }

    /// <summary>Files with Akka's own keys, which override those of the software; an earlier one overrides a later one.</summary>
    public IReadOnlyList<string> ConfigFiles { get; init; } = [];

    /// <summary>The software's own configuration files.</summary>
    public string HoconDirectory { get; init; } = Path.Combine(AppContext.BaseDirectory, "hocon");

    /// <summary>How this process is called in a node's list of sessions.</summary>
    public string GatewayName { get; init; } = Environment.MachineName;

    /// <summary>Where agents reach this process.</summary>
    public string? GatewayUrl { get; init; }

    public ImmutableArray<string> Roles { get; init; } = [ClusterRoles.Controller, ClusterRoles.Gateway];

    /// <summary>Where other controllers reach this one; null for a process that stays alone.</summary>
    public ClusterPort? Port { get; init; }

    /// <summary>Null only where no other process can connect.</summary>
    public PeerIdentity? Identity { get; init; }

    /// <summary>HOST:PORT of other controllers, by Akka's own rules: the first of the list may begin a cluster alone.</summary>
    public ImmutableArray<string> Seeds { get; init; } = [];

    /// <summary>This cluster's region; null in a deployment without regions. The same on all of its processes.</summary>
    public RegionName? Region { get; init; }

    public ImmutableArray<PeerRegion> PeerRegions { get; init; } = [];

    /// <summary>For tests of what two clusters on one database do: neither gives way.</summary>
    internal bool MayHaveTwin { get; init; }

    /// <summary>Shards of each kind of entity: about ten for each process there may ever be. Fixed for ever.</summary>
    public const int Shards = 120;
}

public static class ClusterRoles
{
    /// <summary>Hosts entities.</summary>
    public const string Controller = "controller";

    /// <summary>Serves agents and operators.</summary>
    public const string Gateway = "gateway";
}

/// <param name="Listen">Where this process listens for other controllers.</param>
/// <param name="Advertise">HOST:PORT by which they reach it: the name that it has in the cluster.</param>
public sealed record ClusterPort(IPEndPoint Listen, string Advertise);

/// <param name="Certificate">With its key, of role controller.</param>
/// <param name="Authority">The CA that issued it, and every peer's.</param>
public sealed record PeerIdentity(X509Certificate2 Certificate, X509Certificate2 Authority);
