namespace MeshActors.Benchmarks.Load.Http2;

/// <summary>A connection that its agents share, and that whoever needs it first makes anew when it is gone.</summary>
internal sealed class Link(HttpTarget target) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Task<HttpConnection>? _connection;

    /// <exception cref="IOException">Nobody answers there.</exception>
    public Task<HttpConnection> OpenAsync(CancellationToken stop)
    {
        lock (_gate)
        {
            return _connection is { } known && (!known.IsCompleted || (known.IsCompletedSuccessfully && known.Result.IsOpen))
                ? known
                : _connection = HttpConnection.ConnectAsync(target, stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            await ((Task)connection).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (connection.IsCompletedSuccessfully)
            {
                await connection.Result.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
