namespace MeshActors.Controller.Gateway;

/// <summary>Bounds the joins that are in their handshake, so that strangers cannot fill the memory.</summary>
internal sealed class PendingJoins(int max)
{
    private int _count;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= max)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _count);
}
