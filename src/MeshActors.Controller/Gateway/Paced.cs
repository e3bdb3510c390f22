using System.Threading.Channels;

namespace MeshActors.Controller.Gateway;

/// <summary>Hands on the newest value: the first at once, then at most one in an interval. What comes in between is dropped.</summary>
/// <param name="handOn">False: tried again after the interval, with a newer value where one came.</param>
internal sealed class Paced<T>(TimeSpan interval, TimeProvider time, Func<T, CancellationToken, Task<bool>> handOn)
{
    private readonly Channel<T> _newest = Channel.CreateBounded<T>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    public void Offer(T value) => _newest.Writer.TryWrite(value);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var value = await _newest.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            while (!await handOn(value, cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(interval, time, cancellationToken).ConfigureAwait(false);
                value = _newest.Reader.TryRead(out var newer) ? newer : value;
            }

            await Task.Delay(interval, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
