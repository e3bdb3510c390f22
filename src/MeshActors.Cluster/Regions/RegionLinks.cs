using System.Diagnostics;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Grpc.Core;
using MeshActors.Cluster.Serialization;
using MeshActors.Contracts.Region.V1;
using MeshActors.Domain;
using Microsoft.Extensions.Logging;

namespace MeshActors.Cluster.Regions;

/// <summary>This process's ways to the other regions.</summary>
public sealed class RegionLinks
{
    private readonly Dictionary<RegionName, RegionPeer> _peers;
    private readonly TimeProvider _time;

    internal RegionLinks(Homes homes, IEnumerable<PeerRegion> regions, IRegionChannels? channels, TimeProvider time, ILogger<RegionLinks> logger)
    {
        Homes = homes;
        _time = time;
        _peers = homes.Own is { } own && channels is not null
            ? regions.ToDictionary(region => region.Name, region => new RegionPeer(region, own, channels, time, logger))
            : [];
    }

    public Homes Homes { get; }

    public bool Knows(RegionName region) => region == Homes.Own || _peers.ContainsKey(region);

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

    /// <summary>An organization's events from its home.</summary>
    /// <exception cref="MeshUnavailableException">It does not answer, or a row cannot be read.</exception>
    internal async IAsyncEnumerable<OrganizationEntry> ReadAsync(
        OrganizationId organization, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var region = Homes.Of(organization) ?? throw new UnreachableException("Without regions every organization is at home here.");
        await foreach (var row in ReadRowsAsync(organization, region, from, to, cancellationToken).ConfigureAwait(false))
        {
            yield return OrganizationHistory.Read(row.Revision, new JournalEntry(row.Manifest, row.Record.ToByteArray()), organization);
        }
    }

    /// <summary>Rows of a journal of another region, as they are stored there.</summary>
    /// <exception cref="RegionAwayException">It does not answer, or no more: ask for the rest later.</exception>
    internal async IAsyncEnumerable<Row> ReadRowsAsync(
        OrganizationId organization, RegionName region, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!_peers.TryGetValue(region, out var peer))
        {
            throw new RegionAwayException(RegionRouter.Unknown(organization, region));
        }

        if (peer.Find(out var sentence) is not { } gateway)
        {
            throw new RegionAwayException(sentence);
        }

        var request = new ReadRowsRequest { Organization = organization.Value, FromRevision = from, ToRevision = to == long.MaxValue ? 0 : to };
        using var call = gateway.Client.ReadRows(request, new CallOptions(peer.Headers, cancellationToken: cancellationToken));
        while (await NextAsync(call.ResponseStream, peer, gateway, cancellationToken).ConfigureAwait(false))
        {
            yield return call.ResponseStream.Current;
        }
    }

    private static async Task<bool> NextAsync(
        IAsyncStreamReader<Row> rows, RegionPeer peer, RegionPeer.Gateway gateway, CancellationToken cancellationToken)
    {
        try
        {
            return await rows.MoveNext(cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException fault)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new RegionAwayException(peer.Failed(gateway, RegionPeer.Explain(fault)), fault);
        }
    }
}
