using System.Collections.Concurrent;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain;

namespace MeshActors.Benchmarks.Load.Agents;

/// <summary>
/// An organization's agents share what they have in common, or ten thousand maps of ten thousand nodes would fit no
/// memory: a message is parsed, applied with the agent's own code and its digest checked once for a map; of every other
/// agent each byte of the message is compared with that one's, and equal bytes on the same map make the same map.
/// </summary>
internal sealed class OrganizationUnderLoad(string name, string joinKey)
{
    /// <summary>Messages that are remembered: agents of one organization are a few revisions apart, unless one is slow.</summary>
    private const int Kept = 128;

    private readonly ConcurrentDictionary<NodeId, long> _asked = [];
    private readonly Lock _gate = new();
    private volatile MapStep[] _steps = [];
    private volatile Wave? _wave;

    public string Name { get; } = name;

    public string JoinKey { get; } = joinKey;

    public List<SimulatedAgent> Agents { get; } = [];

    /// <summary>That its agents were sent.</summary>
    public byte[] LastMessage => _steps[0].Message;

    /// <summary>The change that is being watched.</summary>
    public Wave? Wave
    {
        get => _wave;
        set => _wave = value;
    }

    /// <summary>That node wants something changed, from this moment on.</summary>
    public void Asked(NodeId node, long timestamp) => _asked[node] = timestamp;

    /// <exception cref="MapMismatchException">The digest is not that of the map.</exception>
    public MapStep Take(MapView before, ReadOnlySpan<byte> message)
    {
        if (Find(before, message) is { } known)
        {
            return known;
        }

        lock (_gate)
        {
            if (Find(before, message) is { } meanwhile)
            {
                return meanwhile;
            }

            var step = Make(before, message.ToArray());
            MapStep[] steps = [step, .. _steps.Take(Kept - 1)];
            _steps = steps;
            return step;
        }
    }

    private MapStep? Find(MapView before, ReadOnlySpan<byte> message)
    {
        foreach (var step in _steps)
        {
            if (ReferenceEquals(step.Before, before) && message.SequenceEqual(step.Message))
            {
                return step;
            }
        }

        return null;
    }

    private MapStep Make(MapView before, byte[] bytes)
    {
        var message = GatewayMessage.Parser.ParseFrom(bytes);
        if (message.Delta is { } delta)
        {
            var assembly = new MapAssembly(before.Map);
            assembly.Add(delta);
            return new MapStep(before, bytes, Shared(new MapView(assembly.Map, before.Pieces)), NewsSince(delta));
        }

        var chunk = message.Packed is { } packed ? MapPacking.Unpack(packed) : message.Chunk;
        var pieces = before.Pieces.Add(chunk);
        if (!chunk.Last)
        {
            return new MapStep(before, bytes, new MapView(before.Map, pieces), 0);
        }

        var whole = new MapAssembly(before.Map);
        pieces.ForEach(piece => whole.Add(piece));
        return new MapStep(before, bytes, Shared(new MapView(whole.Map, [])), 0);
    }

    // Other ways lead to the same map: its digest was checked, so it is the same.
    private MapView Shared(MapView view) =>
        _steps.FirstOrDefault(step => step.After.Map.Revision == view.Map.Revision && step.After.Map.Digest == view.Map.Digest && step.After.Pieces.IsEmpty)
            ?.After ?? view;

    private long NewsSince(Delta delta)
    {
        var oldest = long.MaxValue;
        foreach (var node in delta.Upserts)
        {
            if (_asked.TryGetValue(node.Id.ToNodeId(), out var asked))
            {
                oldest = Math.Min(oldest, asked);
            }
        }

        return oldest == long.MaxValue ? 0 : oldest;
    }
}
