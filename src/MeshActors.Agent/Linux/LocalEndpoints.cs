using System.Net;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Agent.Linux;

/// <summary>The addresses of this host at which a peer may reach it.</summary>
internal static class LocalEndpoints
{
    /// <summary>Leaves room in the map for the one that the gateway sees. Each costs every peer a trial of 10 s.</summary>
    public const int Max = Limits.EndpointsPerNodeMax - 1;

    /// <summary>Name beginnings of the bridges that container engines and hypervisors make for machines inside the host.</summary>
    private static readonly string[] InnerBridges = ["docker", "br-", "virbr", "cni", "podman", "lxcbr", "lxdbr"];

    /// <summary>Other tunnels: to carry one through another is no direct way.</summary>
    private static readonly HashSet<string> Tunnels = ["wireguard", "tun", "ipip", "sit", "gre", "vxlan"];

    public static ValueList<Endpoint> From(
        IEnumerable<LinkState> links, IEnumerable<Endpoint> configured, IReadOnlyList<Prefix> announced, ushort port)
    {
        var local = Addresses(links)
            .Where(address => !announced.Any(prefix => prefix.Contains(Prefix.Host(address))))
            .Select(address => new Endpoint(EndpointKind.Local, address, port));
        return configured.Concat(local.Order()).Distinct().Take(Max).ToValueList();
    }

    /// <summary>A veth that is no bridge's port is a namespace's uplink, and so is a bridge that an operator named.</summary>
    public static IEnumerable<IPAddress> Addresses(IEnumerable<LinkState> links) => links
        .Where(link => link.IsUp && !link.HasMaster && !Tunnels.Contains(link.Kind) && link.Name != "lo")
        .Where(link => !InnerBridges.Any(name => link.Name.StartsWith(name, StringComparison.Ordinal)))
        .SelectMany(link => link.Addresses)
        .Select(address => address.Address);
}
