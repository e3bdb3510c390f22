using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Feeds;

/// <summary>
/// An organization at one revision, as all streams of this process see it. Immutable but for what is encoded of it when
/// the first stream asks: each delta and each whole map once, whoever needs it.
/// </summary>
internal sealed class FeedPicture(OrganizationState state, MeshMap map, RecentChanges changes, WholeMap whole)
{
    private readonly ConcurrentDictionary<long, Lazy<byte[]?>> _deltas = [];
    private readonly TaskCompletionSource _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OrganizationState State { get; } = state;

    public MeshMap Map { get; } = map;

    public long Revision => Map.Revision;

    /// <summary>How many were shown before it and with it.</summary>
    public long Bundle { get; set; } = 1;

    /// <summary>Of this revision or a little earlier: the delta from it to this revision is known.</summary>
    public WholeMap Whole { get; } = whole;

    /// <summary>Completes when there is a newer one.</summary>
    public Task Superseded => _superseded.Task;

    public void Supersede() => _superseded.TrySetResult();

    /// <summary>The message that takes a map from that revision to this, or null when only a whole map does.</summary>
    public byte[]? DeltaFrom(long revision) =>
        _deltas.GetOrAdd(revision, from => new Lazy<byte[]?>(() => Encode(from))).Value;

    private byte[]? Encode(long from)
    {
        if (changes.Between(from, Revision) is not { } touched)
        {
            return null;
        }

        var delta = new MapDelta(
            from,
            Revision,
            touched.Where(Map.Nodes.ContainsKey).Order().Select(id => Map.Nodes[id]).ToValueList(),
            touched.Where(id => !Map.Nodes.ContainsKey(id)).Order().ToValueList(),
            Map.Digest);
        return new GatewayMessage { Delta = delta.ToWire() }.ToByteArray();
    }
}

/// <summary>A whole map's messages, encoded when the first agent needs them.</summary>
internal sealed class WholeMap(MeshMap map)
{
    /// <summary>
    /// Changes after which a newcomer is served a fresh one. Until then it gets the older map and one delta: in a storm of
    /// joins each newcomer would otherwise cost the encoding of all nodes.
    /// </summary>
    public const int RevisionsMax = 256;

    private readonly Lazy<ImmutableArray<byte[]>> _plain = new(() => [.. map.ToEncodedChunks().Select(MapPacking.Plain)]);
    private readonly Lazy<ImmutableArray<byte[]>> _packed = new(() => [.. map.ToEncodedChunks().Select(MapPacking.Packed)]);

    public long Revision => map.Revision;

    /// <param name="packed">For who accepts it.</param>
    public ImmutableArray<byte[]> Messages(bool packed) => packed ? _packed.Value : _plain.Value;

    /// <summary>This one while it will do for the newer map, else a new one.</summary>
    public WholeMap For(MeshMap newer) => (_packed.IsValueCreated || _plain.IsValueCreated) && newer.Revision - Revision <= RevisionsMax ? this : new WholeMap(newer);
}

/// <summary>The newest picture of one organization, and who waits for the next.</summary>
internal sealed class FeedBoard(FeedPicture first) : INoSerializationVerificationNeeded
{
    private volatile FeedPicture _current = first;

    public FeedPicture Current => _current;

    /// <summary>Woken at each new picture.</summary>
    public Audience Audience { get; } = new();

    public ChangeTraces Traces { get; } = new();

    public void Show(FeedPicture next)
    {
        var previous = _current;
        next.Bundle = previous.Bundle + 1;
        _current = next;
        previous.Supersede();
        Audience.Wake();
    }
}
