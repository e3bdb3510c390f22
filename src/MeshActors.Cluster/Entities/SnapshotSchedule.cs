using Akka.Persistence;

namespace MeshActors.Cluster.Entities;

/// <summary>When to take a snapshot, and which ones may go: the last two stay, should the newest be unreadable.</summary>
internal sealed class SnapshotSchedule
{
    private long _last;
    private long _taken;

    public bool IsDue(long revision, int every)
    {
        if (revision - _taken < every)
        {
            return false;
        }

        _taken = revision;
        return true;
    }

    public void Restored(long revision) => _last = _taken = revision;

    public void Saved(long revision, Action<SnapshotSelectionCriteria> delete)
    {
        if (_last > 0)
        {
            delete(new SnapshotSelectionCriteria(_last - 1));
        }

        _last = revision;
    }
}
