using System.Net;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using Endpoint = MeshActors.Domain.Organizations.Endpoint;
using Wire = MeshActors.Contracts.Agent.V1;

namespace MeshActors.Controller.Gateway;

/// <summary>A node's endpoint candidates: what it says, and where the gateway sees it.</summary>
internal static class Endpoints
{
    /// <exception cref="FormatException">An endpoint that no honest agent sends.</exception>
    public static ValueList<Endpoint> Read(IEnumerable<Wire.Endpoint> said, uint listenPort, IPAddress? remote)
    {
        if (listenPort > ushort.MaxValue)
        {
            throw new FormatException($"The port {listenPort} is more than {ushort.MaxValue}.");
        }

        var own = said.Select(endpoint => endpoint.ToDomain()).ToList();
        return own.Exists(endpoint => endpoint.Kind == EndpointKind.Observed)
            ? throw new FormatException("Only a gateway says what it observes.")
            : Candidates(own, Observed(remote, listenPort));
    }

    /// <summary>Sorted; of equal addresses the first kind stays. What the gateway saw always has a place.</summary>
    private static ValueList<Endpoint> Candidates(List<Endpoint> own, Endpoint? observed)
    {
        var distinct = own.Order().DistinctBy(Place).ToList();
        if (observed is not { } seen || distinct.Exists(endpoint => Place(endpoint) == Place(seen)))
        {
            return distinct.Take(Limits.EndpointsPerNodeMax).ToValueList();
        }

        return distinct.Take(Limits.EndpointsPerNodeMax - 1).Append(seen).ToValueList();
    }

    /// <summary>None on this host itself: a peer cannot use its loopback.</summary>
    private static Endpoint? Observed(IPAddress? remote, uint listenPort) =>
        remote is null || listenPort == 0 || IPAddress.IsLoopback(remote) || remote.IsIPv6LinkLocal
            ? null
            : new Endpoint(EndpointKind.Observed, remote, (ushort)listenPort);

    private static (IPAddress Address, ushort Port) Place(Endpoint endpoint) => (endpoint.Address, endpoint.Port);
}
