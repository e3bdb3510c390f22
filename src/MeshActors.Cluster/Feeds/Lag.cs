namespace MeshActors.Cluster.Feeds;

/// <summary>
/// Since when one agent has not applied what is there for it. Looked at on each tick of the feed: it holds the oldest
/// revision that a tick has seen and the agent has not applied, so an agent that keeps up with many changes is not behind.
/// </summary>
internal sealed class Lag
{
    private long _revision;
    private long _since;

    /// <summary>It has been told of as stuck, and not yet as well again.</summary>
    public bool IsNamed { get; set; }

    /// <summary>How long; zero when it is not behind.</summary>
    public TimeSpan For { get; private set; }

    public void Look(long applied, long newest, TimeProvider time)
    {
        // After a restored backup the newest is an earlier one.
        if (_revision == 0 || applied >= Math.Min(_revision, newest))
        {
            _revision = applied < newest ? newest : 0;
            _since = time.GetTimestamp();
        }

        For = _revision == 0 ? TimeSpan.Zero : time.GetElapsedTime(_since);
    }
}
