using System.Collections.Immutable;
using System.Net;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Domain.DataPlane;

/// <summary>Which of the peers' prefixes get a route here, held against the host's own routes, and what to tell of the others.</summary>
public sealed record RouteChoice(
    ImmutableArray<Prefix> Routes, IReadOnlyDictionary<PublicKey, ImmutableArray<IPEndPoint>> Endpoints, ImmutableArray<Warning> Warnings)
{
    /// <summary>Peers named in one warning; the others are counted. A sentence, not a table.</summary>
    private const int NamedMax = 3;

    public static RouteChoice From(Desired desired, ForeignRoutes foreign)
    {
        var routes = ImmutableArray.CreateBuilder<Prefix>(desired.Peers.Length * 2);
        var endpoints = new Dictionary<PublicKey, ImmutableArray<IPEndPoint>>(desired.Peers.Length);
        var blocked = new SortedDictionary<Prefix, (ForeignRoute Route, List<string> Peers)>();
        var warnings = new List<Warning>();
        foreach (var peer in desired.Peers)
        {
            var usable = peer.Candidates;
            foreach (var prefix in peer.AllowedIps.Where(prefix => desired.Host.HasV6 || !prefix.IsV6))
            {
                if (foreign.FindCovering(prefix) is { } covering)
                {
                    Block(blocked, covering, $"{prefix} of '{peer.Name}'");
                    continue;
                }

                var outside = usable.Where(endpoint => !prefix.Contains(Prefix.Host(endpoint.Address))).ToValueList();
                if (outside.Count == 0 && usable.Count > 0)
                {
                    warnings.Add(LoopOf(prefix, peer, usable[0]));
                    continue;
                }

                // An endpoint behind the tunnel that it carries is no way in.
                usable = outside;
                routes.Add(prefix);
                if (peer.Announced.Count > 0 && !prefix.IsHost && foreign.FindInside(prefix) is { } inside)
                {
                    warnings.Add(InsideOf(prefix, peer, inside));
                }
            }

            endpoints[peer.Key] = [.. usable.Select(endpoint => new IPEndPoint(endpoint.Address, endpoint.Port))];
        }

        routes.Sort();
        return new RouteChoice(routes.ToImmutable(), endpoints, [.. blocked.Values.Select(ConflictOf), .. warnings]);
    }

    private static void Block(SortedDictionary<Prefix, (ForeignRoute Route, List<string> Peers)> blocked, ForeignRoute route, string what)
    {
        if (!blocked.TryGetValue(route.Prefix, out var entry))
        {
            blocked[route.Prefix] = entry = (route, []);
        }

        entry.Peers.Add(what);
    }

    private static Warning ConflictOf((ForeignRoute Route, List<string> Peers) entry)
    {
        var named = string.Join(", ", entry.Peers.Take(NamedMax));
        var more = entry.Peers.Count > NamedMax ? $" and {entry.Peers.Count - NamedMax} more" : "";
        return new Warning(
            WarningCodes.RouteConflict,
            $"This host's own route {entry.Route} covers {named}{more}: the own route keeps working and the mesh's is not installed. "
            + "To reach the peer, change the network of one side, or remove the own route; it is taken up within seconds.");
    }

    private static Warning InsideOf(Prefix prefix, DesiredPeer peer, ForeignRoute inside) => new(
        WarningCodes.RouteInside,
        $"This host's own route {inside} lies in {prefix} of '{peer.Name}': that part goes the own way, the rest to the peer. "
        + $"To reach that part of '{peer.Name}', remove the own route or change its network.");

    private static Warning LoopOf(Prefix prefix, DesiredPeer peer, Endpoint endpoint) => new(
        WarningCodes.EndpointInPrefix,
        $"{prefix} of '{peer.Name}' contains all endpoints at which it can be reached, as {endpoint}: "
        + "the tunnel would have to run through itself, so the route is not installed. "
        + $"Start '{peer.Name}' with --endpoint HOST:PORT outside of that prefix, or let it announce a smaller one.");
}
