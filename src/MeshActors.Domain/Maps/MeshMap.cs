using System.Collections.Immutable;
using MeshActors.Domain.Organizations;

namespace MeshActors.Domain.Maps;

/// <summary>What every agent of an organization is told: a pure function of the organization's journal up to the revision.</summary>
/// <param name="Revision">The journal's sequence number.</param>
/// <param name="Digest">
/// The sum, modulo 2^128, of all nodes' digests: one changed node changes it in one step. It finds mistakes, not forgers:
/// the transport keeps those out.
/// </param>
public sealed record MeshMap(long Revision, ImmutableSortedDictionary<NodeId, MapNode> Nodes, UInt128 Digest)
{
    public static readonly MeshMap Empty = new(0, ImmutableSortedDictionary<NodeId, MapNode>.Empty, 0);

    public static MeshMap Of(OrganizationState state, long revision) => From(
        revision, state.Nodes.Values.Where(node => !node.IsRemoved).Select(MapNode.Of));

    public static MeshMap From(long revision, IEnumerable<MapNode> nodes)
    {
        var sorted = nodes.ToImmutableSortedDictionary(node => node.Id, node => node);
        return new MeshMap(revision, sorted, sorted.Values.Aggregate(UInt128.Zero, (sum, node) => sum + node.Digest()));
    }

    /// <summary>The map after an event of its organization.</summary>
    /// <param name="after">The organization's state after the event.</param>
    /// <param name="revision">The event's.</param>
    public MeshMap After(OrganizationEvent @event, OrganizationState after, long revision)
    {
        if (Subject(@event) is not { } id)
        {
            return this with { Revision = revision };
        }

        var node = after.Nodes[id];
        return node.IsRemoved ? Without(id, revision) : With(MapNode.Of(node), revision);
    }

    /// <summary>What takes this map to a later one that differs from it in these nodes at most.</summary>
    public MapDelta DeltaTo(MeshMap later, IEnumerable<NodeId> touched)
    {
        var upserts = ImmutableArray.CreateBuilder<MapNode>();
        var removals = ImmutableArray.CreateBuilder<NodeId>();
        foreach (var id in touched.Distinct().Order())
        {
            var before = Nodes.GetValueOrDefault(id);
            var after = later.Nodes.GetValueOrDefault(id);
            if (after is not null && !after.Equals(before))
            {
                upserts.Add(after);
            }
            else if (after is null && before is not null)
            {
                removals.Add(id);
            }
        }

        return new MapDelta(Revision, later.Revision, new(upserts.ToImmutable()), new(removals.ToImmutable()), later.Digest);
    }

    /// <summary>The map after the delta, or null when the delta does not fit it: then a whole map is needed.</summary>
    public MeshMap? Apply(MapDelta delta)
    {
        if (delta.FromRevision > Revision || delta.Revision < Revision)
        {
            return null;
        }

        var map = this;
        foreach (var node in delta.Upserts)
        {
            map = map.With(node, delta.Revision);
        }

        foreach (var id in delta.Removals)
        {
            map = map.Without(id, delta.Revision);
        }

        return map.Digest == delta.Digest ? map with { Revision = delta.Revision } : null;
    }

    /// <summary>The node that the event changes in the map, if any.</summary>
    public static NodeId? Subject(OrganizationEvent @event) => @event switch
    {
        OrganizationEvent.NodeJoined e => e.Node,
        OrganizationEvent.NodeReplaced e => e.Node,
        OrganizationEvent.NodeRenamed e => e.Node,
        OrganizationEvent.PrefixesAnnounced e => e.Node,
        OrganizationEvent.EndpointsChanged e => e.Node,
        OrganizationEvent.NodeRemoved e => e.Node,
        OrganizationEvent.Created or OrganizationEvent.JoinKeyCreated or OrganizationEvent.JoinKeyRevoked
            or OrganizationEvent.TokenCreated or OrganizationEvent.TokenRevoked
            or OrganizationEvent.CredentialChanged or OrganizationEvent.PrefixesAllocated
            or OrganizationEvent.Moved or OrganizationEvent.Settled => null,
        _ => throw new System.Diagnostics.UnreachableException(@event.GetType().Name),
    };

    private MeshMap With(MapNode node, long revision) => new(
        revision, Nodes.SetItem(node.Id, node), Digest - DigestOf(node.Id) + node.Digest());

    private MeshMap Without(NodeId id, long revision) => new(revision, Nodes.Remove(id), Digest - DigestOf(id));

    private UInt128 DigestOf(NodeId id) => Nodes.TryGetValue(id, out var node) ? node.Digest() : 0;
}

/// <summary>What takes a map from one revision to a later one.</summary>
/// <param name="Upserts">Nodes as they are at <paramref name="Revision"/>, sorted by id.</param>
/// <param name="Removals">Nodes that are in the map no more, sorted.</param>
/// <param name="Digest">The digest of the whole map at <paramref name="Revision"/>.</param>
public sealed record MapDelta(
    long FromRevision, long Revision, ValueList<MapNode> Upserts, ValueList<NodeId> Removals, UInt128 Digest);
