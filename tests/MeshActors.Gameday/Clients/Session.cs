namespace MeshActors.Gameday.Clients;

/// <summary>What a machine does until it is told to do something else: one that has ended may be cancelled still.</summary>
internal sealed class Session(CancellationToken stop) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancelled = CancellationTokenSource.CreateLinkedTokenSource(stop);
    private bool _isOver;

    public CancellationToken Token => _cancelled.Token;

    public void Cancel()
    {
        lock (_gate)
        {
            if (!_isOver)
            {
                _cancelled.Cancel();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _cancelled.Cancel();
            _cancelled.Dispose();
        }
    }
}
