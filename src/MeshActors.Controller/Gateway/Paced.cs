namespace MeshActors.Controller.Gateway;

/// <summary>Hands on the newest value: the first at once, then at most one in an interval. What comes in between is dropped.</summary>
/// <remarks>A value whose handing on ends in false is tried again after the interval, unless a newer one came.</remarks>
internal sealed class Paced<T>(TimeSpan interval, TimeProvider time, Func<T, CancellationToken, Task<bool>> handOn)
    where T : IEquatable<T>
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private (bool Is, T Value) _next;

    public void Offer(T value)
    {
        lock (_lock)
        {
            _next = (true, value);
            if (_news.CurrentCount == 0)
            {
                _news.Release();
            }
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        (bool Is, T Value) last = default;
        while (true)
        {
            await _news.WaitAsync(cancellationToken).ConfigureAwait(false);
            var value = Take();
            if (last.Is && last.Value.Equals(value))
            {
                continue;
            }

            if (await handOn(value, cancellationToken).ConfigureAwait(false))
            {
                last = (true, value);
            }
            else
            {
                OfferAgain(value);
            }

            await Task.Delay(interval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private T Take()
    {
        lock (_lock)
        {
            var value = _next.Value;
            _next = default;
            return value;
        }
    }

    private void OfferAgain(T value)
    {
        lock (_lock)
        {
            if (_next.Is)
            {
                return;
            }
        }

        Offer(value);
    }
}
