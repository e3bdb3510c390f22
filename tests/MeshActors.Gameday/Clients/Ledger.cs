using System.Collections.Concurrent;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Trust;

namespace MeshActors.Gameday.Clients;

/// <summary>A command that a controller said is done.</summary>
internal abstract record Acknowledged(string Organization, string RequestId)
{
    public sealed record Joined(string Organization, string RequestId, NodeId Node, long Revision, PublicKey Key, SecretHash Credential, ValueList<Prefix> Prefixes)
        : Acknowledged(Organization, RequestId);

    public sealed record Announced(string Organization, string RequestId, NodeId Node, long Revision, ValueList<Prefix> Prefixes)
        : Acknowledged(Organization, RequestId);

    public sealed record Removed(string Organization, string RequestId, NodeId Node) : Acknowledged(Organization, RequestId);

    public sealed record KeyCreated(string Organization, string RequestId, string KeyId) : Acknowledged(Organization, RequestId);
}

/// <summary>What clients were told, and what they saw that should not be.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentQueue<Acknowledged> _acknowledged = [];
    private readonly ConcurrentQueue<string> _faults = [];
    private long _lastId;
    private int _refused;
    private int _unknown;
    private int _wholeMaps;
    private int _deltas;
    private int _resumed;
    private long _longestJoinMs;

    public void Add(Acknowledged acknowledged) => _acknowledged.Enqueue(acknowledged);

    public void Fault(string sentence) => _faults.Enqueue(sentence);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void Unknown() => Interlocked.Increment(ref _unknown);

    public void WholeMap() => Interlocked.Increment(ref _wholeMaps);

    public void Delta() => Interlocked.Increment(ref _deltas);

    public void Resumed() => Interlocked.Increment(ref _resumed);

    public string NextId(string kind) => $"{kind}-{Interlocked.Increment(ref _lastId)}";

    public void JoinTook(TimeSpan time)
    {
        var milliseconds = (long)time.TotalMilliseconds;
        long seen;
        while ((seen = Volatile.Read(ref _longestJoinMs)) < milliseconds
            && Interlocked.CompareExchange(ref _longestJoinMs, milliseconds, seen) != seen)
        {
        }
    }

    /// <summary>Since the last time.</summary>
    public (List<Acknowledged> Acknowledged, List<string> Faults, Counts Counts) Take()
    {
        var counts = new Counts(
            Acknowledged: _acknowledged.Count,
            Refused: Interlocked.Exchange(ref _refused, 0),
            Unknown: Interlocked.Exchange(ref _unknown, 0),
            WholeMaps: Interlocked.Exchange(ref _wholeMaps, 0),
            Deltas: Interlocked.Exchange(ref _deltas, 0),
            Resumed: Interlocked.Exchange(ref _resumed, 0),
            LongestJoin: TimeSpan.FromMilliseconds(Interlocked.Exchange(ref _longestJoinMs, 0)));
        return (Drain(_acknowledged), Drain(_faults), counts);
    }

    private static List<T> Drain<T>(ConcurrentQueue<T> queue)
    {
        var items = new List<T>();
        while (queue.TryDequeue(out var item))
        {
            items.Add(item);
        }

        return items;
    }
}

/// <param name="WholeMaps">Of agents that had a map before.</param>
/// <param name="Resumed">Connections that began with a delta, or with nothing new.</param>
/// <param name="LongestJoin">From the first try to the answer.</param>
internal sealed record Counts(int Acknowledged, int Refused, int Unknown, int WholeMaps, int Deltas, int Resumed, TimeSpan LongestJoin)
{
    public static readonly Counts None = new(0, 0, 0, 0, 0, 0, TimeSpan.Zero);

    public Counts Plus(Counts other) => new(
        Acknowledged + other.Acknowledged, Refused + other.Refused, Unknown + other.Unknown, WholeMaps + other.WholeMaps,
        Deltas + other.Deltas, Resumed + other.Resumed, LongestJoin > other.LongestJoin ? LongestJoin : other.LongestJoin);
}
