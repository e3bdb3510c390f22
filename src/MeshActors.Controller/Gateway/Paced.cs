namespace MeshActors.Controller.Gateway;

/// <summary>
/// Hands on the newest value: the first at once, then at most one in an interval. What comes in between is dropped. While
/// there is nothing to hand on it is nothing but a few bytes: an agent is idle nearly always.
/// </summary>
/// <param name="handOn">False: tried again after the interval, with a newer value where one came.</param>
/// <param name="ending">Cancelled where handing on fails, too.</param>
internal sealed class Paced<T>(TimeSpan interval, TimeProvider time, Func<T, CancellationToken, Task<bool>> handOn, CancellationTokenSource ending)
{
    private readonly Lock _gate = new();
    private T? _newest;
    private bool _hasNewest;
    private bool _isRunning;

    /// <summary>What is being handed on; completed when nothing is. It fails as handing on does.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    public void Offer(T value)
    {
        lock (_gate)
        {
            (_newest, _hasNewest) = (value, true);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        Running = RunAsync(ending.Token);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (TryTake(out var value))
            {
                while (!await handOn(value, cancellationToken).ConfigureAwait(false))
                {
                    await Task.Delay(interval, time, cancellationToken).ConfigureAwait(false);
                    value = TryPeekNewer(out var newer) ? newer : value;
                }

                await Task.Delay(interval, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            await ending.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private bool TryTake(out T value)
    {
        lock (_gate)
        {
            _isRunning = _hasNewest;
            return TryTakeNewest(out value);
        }
    }

    private bool TryPeekNewer(out T value)
    {
        lock (_gate)
        {
            return TryTakeNewest(out value);
        }
    }

    private bool TryTakeNewest(out T value)
    {
        value = _newest!;
        var had = _hasNewest;
        (_newest, _hasNewest) = (default, false);
        return had;
    }
}
