using System.Threading.Channels;
using MeshActors.Domain;
using MeshActors.Domain.Maps;

namespace MeshActors.Agent.Session;

/// <summary>The newest map that this node knows, and who it is in it. Tells the one who waits for a change.</summary>
internal sealed class MapHolder
{
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile MeshMap _map = MeshMap.Empty;

    public MeshMap Map => _map;

    /// <summary>Null until the controller has taken the node in.</summary>
    public NodeId? Self { get; set; }

    public void Publish(MeshMap map)
    {
        _map = map;
        _changed.Writer.TryWrite(true);
    }

    /// <returns>True when woken, false when the time is over.</returns>
    public async Task<bool> WaitAsync(TimeSpan time, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(time);
        try
        {
            return await _changed.Reader.ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
