using System.Diagnostics;

namespace MeshActors.Benchmarks.Load.Agents;

/// <summary>A revision on its way to a number of agents.</summary>
internal sealed class Wave(long revision, int agents)
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing = agents;
    private long _first;

    public long Revision => revision;

    /// <summary>When it was asked for: before it was stored.</summary>
    public long Asked { get; } = Stopwatch.GetTimestamp();

    /// <summary>When the first agent had it: after it was stored.</summary>
    public long First => Volatile.Read(ref _first);

    public long Last { get; private set; }

    public int Missing => Volatile.Read(ref _missing);

    public Task Arrived => _arrived.Task;

    public void Arrive(long timestamp)
    {
        Interlocked.CompareExchange(ref _first, timestamp, 0);
        if (Interlocked.Decrement(ref _missing) == 0)
        {
            Last = timestamp;
            _arrived.TrySetResult();
        }
    }
}
