using System.Threading.Tasks.Sources;

namespace MeshActors.Cluster.Feeds;

/// <summary>
/// Wakes one waiter, again and again, and costs nothing each time: no task, no registration. Who waits goes on in the
/// thread of who rings. A ring while nobody waits ends the next wait at once.
/// </summary>
internal sealed class Alarm : IValueTaskSource
{
    private const int Quiet = 0;
    private const int Waiting = 1;
    private const int Rung = 2;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;

    /// <summary>One wait at a time.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Quiet) == Quiet)
        {
            return new ValueTask(this, _source.Version);
        }

        Interlocked.Exchange(ref _state, Quiet);
        return ValueTask.CompletedTask;
    }

    public void Ring()
    {
        if (Interlocked.Exchange(ref _state, Rung) == Waiting)
        {
            _source.SetResult(true);
        }
    }

    // Quiet again before the waiter looks at what has changed: a ring after that look is for the next wait.
    void IValueTaskSource.GetResult(short token)
    {
        _source.GetResult(token);
        Interlocked.Exchange(ref _state, Quiet);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
