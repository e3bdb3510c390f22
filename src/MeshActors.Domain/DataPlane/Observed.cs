using System.Collections.Immutable;
using System.Net;
using MeshActors.Domain.Ipam;

namespace MeshActors.Domain.DataPlane;

/// <summary>What the kernel has, as far as it concerns the mesh.</summary>
/// <param name="Device">Null while the interface does not exist.</param>
/// <param name="Addresses">Of the interface; link-local ones are left out.</param>
/// <param name="OwnRoutes">Routes over the interface that carry meshd's protocol number.</param>
/// <param name="OtherRoutes">Routes over the interface that someone else made: they serve as well, and are never removed.</param>
/// <param name="Foreign">Routes over other interfaces.</param>
/// <param name="DockerV4">Prefixes of meshd's own rules in DOCKER-USER; null where the chain does not exist.</param>
public sealed record Observed(
    ObservedDevice? Device,
    ImmutableArray<InterfaceAddress> Addresses,
    HashSet<Prefix> OwnRoutes,
    HashSet<Prefix> OtherRoutes,
    ForeignRoutes Foreign,
    bool ForwardsV4,
    bool ForwardsV6,
    ValueList<Prefix>? DockerV4,
    ValueList<Prefix>? DockerV6)
{
    /// <summary>A host on which nothing of the mesh is there yet.</summary>
    public static readonly Observed Nothing = new(null, [], [], [], ForeignRoutes.None, false, false, null, null);
}

/// <param name="Length">Beyond the address may lie host bits, so this is no <see cref="Prefix"/>.</param>
public readonly record struct InterfaceAddress(IPAddress Address, int Length)
{
    public override string ToString() => $"{Address}/{Length}";
}

/// <param name="Key">Null while no private key is set.</param>
public sealed record ObservedDevice(
    bool IsUp, int Mtu, PublicKey? Key, ushort ListenPort, IReadOnlyDictionary<PublicKey, ObservedPeer> Peers);

/// <param name="AllowedIps">Sorted.</param>
/// <param name="LastHandshakeUnixSeconds">0 for never.</param>
public sealed record ObservedPeer(
    PublicKey Key,
    IPEndPoint? Endpoint,
    ValueList<Prefix> AllowedIps,
    long LastHandshakeUnixSeconds,
    long ReceivedBytes,
    long SentBytes,
    ushort KeepaliveSeconds)
{
    /// <summary>WireGuard throws a session away after this long (REJECT_AFTER_TIME); a younger one works.</summary>
    public const int LiveSeconds = 180;

    public bool IsLive(DateTimeOffset now) =>
        LastHandshakeUnixSeconds > 0 && now.ToUnixTimeSeconds() - LastHandshakeUnixSeconds < LiveSeconds;
}
