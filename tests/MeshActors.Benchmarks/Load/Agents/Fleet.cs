using System.Collections.Concurrent;
using System.Diagnostics;
using MeshActors.Benchmarks.Load.Http2;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.Benchmarks.Load.Agents;

/// <summary>All simulated agents, and what is counted of them.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    /// <summary>Faults that are told; a broken controller breaks every agent.</summary>
    private const int FaultsToldMax = 10;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _faults = [];
    private readonly ConcurrentDictionary<string, int> _ends = [];
    private readonly ConcurrentQueue<long> _currentAt = [];
    private IReadOnlyList<Link> _links = [];
    private int _current;
    private int _faultCount;
    private int _joinsRepeated;
    private long _messages;
    private long _messageBytes;
    private long _wholeMaps;

    public CancellationToken Stopping => _stopping.Token;

    public List<SimulatedAgent> Agents { get; } = [];

    public int Current => Volatile.Read(ref _current);

    public int JoinsRepeated => Volatile.Read(ref _joinsRepeated);

    public long Messages => Interlocked.Read(ref _messages);

    public long MessageBytes => Interlocked.Read(ref _messageBytes);

    public long WholeMaps => Interlocked.Read(ref _wholeMaps);

    /// <summary>When agents became current, in order; since it was cleared.</summary>
    public ConcurrentQueue<long> CurrentAt => _currentAt;

    /// <summary>How old news are when an agent has them; null while nobody asks.</summary>
    public Histogram? Staleness { get; set; }

    public IReadOnlyCollection<string> Faults => _faultCount <= FaultsToldMax ? [.. _faults] : [.. _faults, $"and {_faultCount - FaultsToldMax} faults more"];

    public IReadOnlyDictionary<string, int> Ends => _ends;

    /// <summary>Spreads the agents over that many connections; those before are closed.</summary>
    public async Task UseAsync(HttpTarget target, int connections)
    {
        await CloseAsync().ConfigureAwait(false);
        _links = [.. Enumerable.Range(0, connections).Select(_ => new Link(target))];
        for (var index = 0; index < Agents.Count; index++)
        {
            Agents[index].Link = _links[index % connections];
        }
    }

    public void JoinRepeated() => Interlocked.Increment(ref _joinsRepeated);

    public void Received(int bytes)
    {
        Interlocked.Increment(ref _messages);
        Interlocked.Add(ref _messageBytes, bytes);
    }

    public void Applied(MapStep step, bool isWhole)
    {
        if (isWhole)
        {
            Interlocked.Increment(ref _wholeMaps);
        }
        else if (step.NewsSince != 0)
        {
            Staleness?.Add(Stopwatch.GetElapsedTime(step.NewsSince));
        }
    }

    public void CurrentChanged(bool isCurrent)
    {
        if (isCurrent)
        {
            Interlocked.Increment(ref _current);
            _currentAt.Enqueue(Stopwatch.GetTimestamp());
        }
        else
        {
            Interlocked.Decrement(ref _current);
        }
    }

    public void Ended(string reason) => _ends.AddOrUpdate(reason, 1, static (_, count) => count + 1);

    public void SentAway(SimulatedAgent agent, GoAway goAway)
    {
        if (goAway.Final)
        {
            Fault($"{agent.Name} of {agent.Organization.Name} was turned away: {goAway.Reason.Message}");
        }
        else
        {
            Ended($"{goAway.Reason.Code}: {goAway.Reason.Message}");
        }
    }

    public void Fault(string sentence)
    {
        if (Interlocked.Increment(ref _faultCount) <= FaultsToldMax)
        {
            _faults.Enqueue(sentence);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    public async Task CloseAsync()
    {
        foreach (var agent in Agents)
        {
            agent.Leave();
        }

        foreach (var link in _links)
        {
            await link.DisposeAsync().ConfigureAwait(false);
        }
    }
}
