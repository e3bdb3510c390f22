namespace MeshActors.Agent.Session;

/// <summary>
/// Gives back what a pass over thousands of peers used: the agent is idle nearly always, and the runtime would keep it
/// for the next burst. A collection takes some milliseconds.
/// </summary>
internal sealed class Memory(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private long _trimmed;

    public void Trim(bool now)
    {
        if (now || _trimmed == 0 || time.GetElapsedTime(_trimmed) >= Interval)
        {
            _trimmed = time.GetTimestamp();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
