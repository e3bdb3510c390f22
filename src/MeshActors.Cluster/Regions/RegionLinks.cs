using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Grpc.Core;
using MeshActors.Cluster.Telemetry;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Region.V1;
using MeshActors.Domain;
using Microsoft.Extensions.Logging;

namespace MeshActors.Cluster.Regions;

/// <summary>This process's ways to the other regions.</summary>
public sealed class RegionLinks : IDisposable
{
    private readonly Dictionary<RegionName, RegionPeer> _peers;
    private readonly TimeProvider _time;
    private readonly Meter _meter = new(MeshMeter.Name);

    internal RegionLinks(Homes homes, IEnumerable<PeerRegion> regions, IRegionChannels? channels, TimeProvider time, ILogger<RegionLinks> logger)
    {
        Homes = homes;
        _time = time;
        _peers = homes.Own is { } own && channels is not null
            ? regions.ToDictionary(region => region.Name, region => new RegionPeer(region, own, channels, time, logger))
            : [];
        _meter.CreateObservableGauge(
            "mesh.region.link.up",
            () => _peers.Values.Select(peer => new Measurement<int>(peer.IsLost ? 0 : 1, MeshMeter.Tag("region", peer.Name.Value))),
            null,
            "1 while the region answers, or was not asked; 0 when it does not.");
    }

    public void Dispose() => _meter.Dispose();

    public Homes Homes { get; }

    public bool Knows(RegionName region) => region == Homes.Own || _peers.ContainsKey(region);

    /// <summary>Whether calls to that region have failed, and none has been answered since.</summary>
    public bool IsLost(RegionName region) => _peers.TryGetValue(region, out var peer) && peer.IsLost;

    /// <summary>Before anything is begun for an organization whose region may be made up.</summary>
    /// <exception cref="RegionAwayException">Nobody here knows its region.</exception>
    public void Require(OrganizationId organization)
    {
        if (Homes.Of(organization) is { } region && !Knows(region))
        {
            throw new RegionAwayException(RegionRouter.Unknown(organization, region));
        }
    }

    internal IActorRef StartRouter(ActorSystem system, IActorRef organizations, IActorRef nodes)
    {
        var links = _peers.ToDictionary(
            peer => peer.Key, peer => system.ActorOf(RegionLink.Props(peer.Value, _time), $"region-link-{peer.Key}"));
        return system.ActorOf(RegionRouter.Props(Homes, organizations, nodes, links), "region-router");
    }

    /// <summary>Rows of a journal from its home, in pages.</summary>
    /// <exception cref="RegionAwayException">It does not answer, or no more: ask for the rest later.</exception>
    internal IAsyncEnumerable<IReadOnlyList<JournalRow>> ReadAsync(OrganizationId organization, long from, long to, CancellationToken cancellationToken) =>
        ReadAsync(
            organization,
            Homes.Of(organization) ?? throw new UnreachableException("Without regions every organization is at home here."),
            from,
            to,
            cancellationToken);

    /// <summary>Rows of a journal of another region, as they are stored there.</summary>
    /// <exception cref="RegionAwayException">It does not answer, or no more: ask for the rest later.</exception>
    internal async IAsyncEnumerable<IReadOnlyList<JournalRow>> ReadAsync(
        OrganizationId organization, RegionName region, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (peer, gateway) = Find(region, () => RegionRouter.Unknown(organization, region));
        var request = new ReadRowsRequest { Organization = organization.Value, FromRevision = from, ToRevision = to };
        using var call = gateway.Client.ReadRows(request, new CallOptions(peer.Headers, cancellationToken: cancellationToken));
        while (await NextAsync(call.ResponseStream, peer, gateway, cancellationToken).ConfigureAwait(false))
        {
            yield return [.. call.ResponseStream.Current.Rows_.Select(row => new JournalRow(row.Revision, row.Manifest, row.Record.Memory))];
        }
    }

    /// <summary>That region takes an organization over, or says whether it could.</summary>
    /// <exception cref="RegionAwayException">It does not answer, or no more: ask again later.</exception>
    internal async IAsyncEnumerable<ArrivalStep> ArriveAsync(
        RegionName region, ArriveRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (peer, gateway) = Find(region, () => $"This controller does not know region '{region}'.");
        using var call = gateway.Client.Arrive(request, new CallOptions(peer.Headers, cancellationToken: cancellationToken));
        while (await NextAsync(call.ResponseStream, peer, gateway, cancellationToken).ConfigureAwait(false))
        {
            var step = call.ResponseStream.Current;
            yield return new ArrivalStep(step.Revision, step.Refused is { } reason ? new Refusal(reason.Code, reason.Message) : null, step.Settled);
        }
    }

    private (RegionPeer Peer, RegionPeer.Gateway Gateway) Find(RegionName region, Func<string> unknown) =>
        !_peers.TryGetValue(region, out var peer) ? throw new RegionAwayException(unknown())
        : peer.Find(out var sentence) is { } gateway ? (peer, gateway)
        : throw new RegionAwayException(sentence);

    private static async Task<bool> NextAsync<T>(
        IAsyncStreamReader<T> messages, RegionPeer peer, RegionPeer.Gateway gateway, CancellationToken cancellationToken)
    {
        try
        {
            return await messages.MoveNext(cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException fault)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new RegionAwayException(peer.Failed(gateway, RegionPeer.Explain(fault)), fault);
        }
    }
}
