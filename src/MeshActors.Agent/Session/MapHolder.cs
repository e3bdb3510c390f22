using MeshActors.Domain;
using MeshActors.Domain.Maps;

namespace MeshActors.Agent.Session;

/// <summary>The newest map that this node knows, and who it is in it. Tells the one who waits for a change.</summary>
internal sealed class MapHolder
{
    private readonly SemaphoreSlim _changed = new(0, 1);
    private volatile MeshMap _map = MeshMap.Empty;

    public MeshMap Map => _map;

    /// <summary>Null until the controller has taken the node in.</summary>
    public NodeId? Self { get; set; }

    public void Publish(MeshMap map)
    {
        _map = map;
        Wake();
    }

    public void Wake()
    {
        try
        {
            if (_changed.CurrentCount == 0)
            {
                _changed.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Someone else woke it in the same moment.
        }
    }

    /// <returns>True when woken, false when the time is over.</returns>
    public Task<bool> WaitAsync(TimeSpan time, CancellationToken cancel) => _changed.WaitAsync(time, cancel);
}
