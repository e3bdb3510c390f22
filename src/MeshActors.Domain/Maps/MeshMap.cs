using System.Collections.Immutable;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Domain.Maps;

/// <summary>What every agent of an organization is told: a pure function of the organization's journal up to the revision.</summary>
/// <param name="Revision">The journal's sequence number.</param>
/// <param name="Digest">The sum of all nodes' digests: modulo 2^128.</param>
public sealed record MeshMap(long Revision, ImmutableSortedDictionary<NodeId, MapNode> Nodes, UInt128 Digest)
{
    public static readonly MeshMap Empty = new(0, ImmutableSortedDictionary<NodeId, MapNode>.Empty, 0);
}

/// <param name="Prefixes">Announced child prefixes, sorted.</param>
public sealed record MapNode(
    NodeId Id,
    string Name,
    PublicKey Key,
    ValueList<Prefix> Addresses,
    ValueList<Prefix> Prefixes,
    ValueList<Endpoint> Endpoints);

/// <summary>What takes a map from one revision to a later one.</summary>
/// <param name="Upserts">Nodes as they are at <paramref name="Revision"/>, sorted by id.</param>
/// <param name="Removals">Nodes that are in the map no more, sorted.</param>
/// <param name="Digest">The digest of the whole map at <paramref name="Revision"/>.</param>
public sealed record MapDelta(
    long FromRevision, long Revision, ValueList<MapNode> Upserts, ValueList<NodeId> Removals, UInt128 Digest);
