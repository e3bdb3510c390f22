using System.Collections.Immutable;
using System.Net;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.Domain.DataPlane;

/// <summary>What this host adds to the map: facts that only it knows.</summary>
/// <param name="Interface">The WireGuard interface's name.</param>
/// <param name="Key">The public half of the host's own key.</param>
/// <param name="ListenPort">WireGuard's UDP port.</param>
/// <param name="Announces">The child prefixes that this host was started with; they count once the map has them too.</param>
/// <param name="LocalAddresses">The host's own addresses outside of the mesh: never a way to a peer.</param>
/// <param name="HasV6">False where IPv6 is switched off: nothing of that family can be set then.</param>
public sealed record HostSettings(
    string Interface,
    PublicKey Key,
    ushort ListenPort,
    ValueList<Prefix> Announces,
    ValueList<IPAddress> LocalAddresses,
    bool HasV6 = true);

/// <param name="AllowedIps">Addresses, then announced prefixes, sorted; each is held by one peer only.</param>
/// <param name="Candidates">Where to try the peer, in order; empty when it has to call us.</param>
public sealed record DesiredPeer(
    PublicKey Key, string Name, ValueList<Prefix> AllowedIps, ValueList<Prefix> Announced, ValueList<Endpoint> Candidates);

/// <summary>The data plane that the map asks of this host, before it is held against what the host's own routes allow.</summary>
/// <param name="Addresses">This node's own, as hosts.</param>
/// <param name="OwnPrefixes">What this host announces and the controller has granted.</param>
/// <param name="Peers">Sorted by key.</param>
public sealed record Desired(
    HostSettings Host, ValueList<Prefix> Addresses, ValueList<Prefix> OwnPrefixes, ImmutableArray<DesiredPeer> Peers)
{
    /// <summary>Under a NAT's usual 30 s time-out for UDP, so that a spoke behind it can be called at any time.</summary>
    public const ushort KeepaliveSeconds = 25;

    /// <summary>1500 less WireGuard over IPv6: 40 + 8 + 32 bytes.</summary>
    public const int Mtu = 1420;

    /// <summary>The largest number of endpoints of one peer that are tried.</summary>
    public const int CandidatesMax = 16;

    public bool ForwardsV4 => OwnPrefixes.Any(prefix => !prefix.IsV6);

    public bool ForwardsV6 => OwnPrefixes.Any(prefix => prefix.IsV6);

    /// <param name="self">This node; while the map does not have it, nothing is wanted but the interface.</param>
    public static Desired From(MeshMap map, NodeId self, HostSettings host)
    {
        var own = map.Nodes.GetValueOrDefault(self);
        if (own is null)
        {
            return new Desired(host, [], [], []);
        }

        // A prefix that two nodes claim cannot come from a controller; if it does, the first has it and nothing flaps.
        var taken = new HashSet<Prefix>(own.Addresses.Concat(own.Prefixes));
        var meshHosts = map.Nodes.Values.SelectMany(node => node.Addresses).Select(prefix => prefix.Address).ToHashSet();
        var here = host.LocalAddresses.ToHashSet();
        var peers = ImmutableArray.CreateBuilder<DesiredPeer>(map.Nodes.Count);
        foreach (var node in map.Nodes.Values)
        {
            if (node.Id != self && node.Key != host.Key)
            {
                peers.Add(Peer(node, taken, endpoint => !here.Contains(endpoint.Address) && !meshHosts.Contains(endpoint.Address)));
            }
        }

        peers.Sort((left, right) => left.Key.CompareTo(right.Key));
        return new Desired(
            host,
            own.Addresses.Where(address => host.HasV6 || !address.IsV6).ToValueList(),
            own.Prefixes.Where(prefix => host.Announces.Contains(prefix)).ToValueList(),
            peers.ToImmutable());
    }

    private static DesiredPeer Peer(MapNode node, HashSet<Prefix> taken, Func<Endpoint, bool> usable)
    {
        var allowed = ImmutableArray.CreateBuilder<Prefix>(node.Addresses.Count + node.Prefixes.Count);
        foreach (var prefix in node.Addresses)
        {
            Claim(prefix, allowed, taken);
        }

        var announced = ImmutableArray.CreateBuilder<Prefix>(node.Prefixes.Count);
        foreach (var prefix in node.Prefixes)
        {
            Claim(prefix, announced, taken);
        }

        allowed.AddRange(announced);
        allowed.Sort();
        return new DesiredPeer(
            node.Key,
            node.Name,
            new ValueList<Prefix>(allowed.ToImmutable()),
            new ValueList<Prefix>(announced.ToImmutable()),
            node.Endpoints.Where(IsReachableKind).Where(usable).Order().Take(CandidatesMax).ToValueList());
    }

    private static void Claim(Prefix prefix, ImmutableArray<Prefix>.Builder into, HashSet<Prefix> taken)
    {
        if (taken.Add(prefix))
        {
            into.Add(prefix);
        }
    }

    private static bool IsReachableKind(Endpoint endpoint) =>
        endpoint.Port != 0
        && !IPAddress.IsLoopback(endpoint.Address)
        && !endpoint.Address.IsIPv6LinkLocal
        && !endpoint.Address.Equals(IPAddress.Any)
        && !endpoint.Address.Equals(IPAddress.IPv6Any);
}
