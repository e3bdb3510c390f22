using Akka.Persistence;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Entities;

/// <summary>When to take a snapshot, and which ones may go: the last two stay, should the newest be unreadable.</summary>
public sealed class SnapshotSchedule
{
    /// <summary>A small organization's snapshot gains nothing over the replay of so few.</summary>
    public const int EventsMin = 500;

    /// <summary>
    /// A snapshot costs as much as the organization has nodes, the replay of an event always the same. With so many nodes for each
    /// event between two snapshots, a storm of joins spends little of its time on them, and a recovery little on events.
    /// </summary>
    private const int NodesPerEvent = 4;

    /// <summary>
    /// An organization that stores nothing for so long has time: who recovers it then, after a failure or a restart, reads
    /// a few events and not thousands.
    /// </summary>
    public static readonly TimeSpan RestsAfter = TimeSpan.FromSeconds(5);

    /// <summary>Of the events that make one due, as many as make one worth its while at rest.</summary>
    private const int RestingShare = 10;

    private long _last;
    private long _taken;

    /// <summary>Events from one snapshot to the next. Removed nodes are in it too.</summary>
    public static int EventsFor(OrganizationState state) => Math.Max(EventsMin, state.Nodes.Count / NodesPerEvent);

    /// <summary>The same for one that rests.</summary>
    public static int EventsAtRest(OrganizationState state) => EventsFor(state) / RestingShare;

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
