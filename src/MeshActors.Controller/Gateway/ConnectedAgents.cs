namespace MeshActors.Controller.Gateway;

/// <summary>Streams that this gateway serves now.</summary>
internal sealed class ConnectedAgents
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Enter() => Interlocked.Increment(ref _count);

    public void Leave() => Interlocked.Decrement(ref _count);
}
