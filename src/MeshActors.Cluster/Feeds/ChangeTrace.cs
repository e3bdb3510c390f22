using System.Collections.Immutable;
using System.Diagnostics;
using MeshActors.Cluster.Telemetry;

namespace MeshActors.Cluster.Feeds;

/// <summary>A followed change on its way to this process's agents: one span for all of them, however many. For any thread.</summary>
internal sealed class ChangeTrace(long revision, ActivityContext parent)
{
    private readonly long _since = Stopwatch.GetTimestamp();
    private readonly DateTimeOffset _shownAt = TimeProvider.System.GetUtcNow();
    private long _taken;
    private long _firstApplied;
    private long _lastApplied;
    private int _applied;

    public long Revision => revision;

    public TimeSpan Age => Stopwatch.GetElapsedTime(_since);

    /// <summary>A stream has taken it, to send it.</summary>
    public void Taken() => Interlocked.CompareExchange(ref _taken, Stopwatch.GetTimestamp(), 0);

    /// <summary>One more agent says that it has it.</summary>
    public void Applied()
    {
        var now = Stopwatch.GetTimestamp();
        Interlocked.CompareExchange(ref _firstApplied, now, 0);
        Volatile.Write(ref _lastApplied, now);
        Interlocked.Increment(ref _applied);
    }

    /// <param name="gateway">This process.</param>
    /// <param name="waiting">Agents that have not applied it, and are waited for no longer.</param>
    public void Tell(string gateway, int waiting)
    {
        MeshTraces.Record("feed", parent, _shownAt, Until(_taken),
            ("mesh.revision", revision), ("mesh.gateway", gateway));
        if (_applied + waiting > 0)
        {
            MeshTraces.Record("applied", parent, _shownAt, Until(_lastApplied),
                ("mesh.revision", revision), ("mesh.gateway", gateway), ("mesh.agents.applied", _applied), ("mesh.agents.waiting", waiting),
                ("mesh.first.ms", Until(_firstApplied).TotalMilliseconds), ("mesh.last.ms", Until(_lastApplied).TotalMilliseconds));
        }
    }

    private TimeSpan Until(long stamp) => stamp == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_since, stamp);
}

/// <summary>The followed changes that are on their way to agents now. Written by the feed, read by the streams.</summary>
internal sealed class ChangeTraces
{
    /// <summary>Each costs a look at every agent on every tick, and at every acknowledgement. Further ones end with the journal.</summary>
    private const int OpenMax = 16;

    /// <summary>Then an agent is stuck, and named elsewhere.</summary>
    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(30);

    // Empty nearly always, and then nobody looks further.
    private volatile ChangeTrace[] _open = [];

    public void Open(IEnumerable<ChangeTrace> followed) => _open = [.. _open.Concat(followed).Take(OpenMax)];

    public void Taken(long from, long to)
    {
        foreach (var trace in _open)
        {
            if (trace.Revision > from && trace.Revision <= to)
            {
                trace.Taken();
            }
        }
    }

    public void Applied(long from, long to)
    {
        foreach (var trace in _open)
        {
            if (trace.Revision > from && trace.Revision <= to)
            {
                trace.Applied();
            }
        }
    }

    /// <summary>Tells of those that all agents have applied, or that have been open for long enough.</summary>
    public void Close(string gateway, IReadOnlyCollection<Following> live)
    {
        if (_open.Length == 0)
        {
            return;
        }

        var left = ImmutableArray.CreateBuilder<ChangeTrace>();
        foreach (var trace in _open)
        {
            var waiting = live.Count(following => following.AppliedRevision < trace.Revision);
            if (waiting > 0 && trace.Age < OpenFor)
            {
                left.Add(trace);
            }
            else
            {
                trace.Tell(gateway, waiting);
            }
        }

        _open = left.ToArray();
    }
}
