using MeshActors.Domain;

namespace MeshActors.Cluster.Feeds;

/// <summary>
/// Which nodes the last revisions changed, and the map's digest at each: enough to make the delta from any of them to
/// now, whatever it is that an agent has.
/// </summary>
/// <remarks>Written by the feed, read by the streams: each holds the lock for a copy of a few ids.</remarks>
internal sealed class RecentChanges
{
    /// <summary>About 90 bytes each. An agent that was away for longer takes the whole map, which is then hardly larger.</summary>
    public const int Kept = 4096;

    private readonly Lock _gate = new();
    private readonly Change[] _ring = new Change[Kept];
    private long _first = 1;
    private long _last;

    /// <summary>Forgets all; the map stands at this revision now.</summary>
    public void Reset(long revision, UInt128 digest)
    {
        lock (_gate)
        {
            _first = _last = revision;
            _ring[revision % Kept] = new Change(digest, []);
        }
    }

    /// <param name="revision">The one after the last.</param>
    public void Add(long revision, UInt128 digest, NodeId? changed)
    {
        lock (_gate)
        {
            Append(revision, new Change(digest, Of(changed)));
        }
    }

    /// <summary>
    /// From the last revision to a later one in one step. Who has a map of those between, from another process, is given
    /// all that changed on the way: some of it twice.
    /// </summary>
    public void Jump(long revision, UInt128 digest, NodeId[] changed)
    {
        lock (_gate)
        {
            for (var between = Math.Max(_last + 1, revision - Kept); between < revision; between++)
            {
                Append(between, new Change(null, []));
            }

            Append(revision, new Change(digest, changed));
        }
    }

    /// <summary>What changed before the first: as the journal tells, without digests.</summary>
    /// <param name="subjects">The node of each entry, up to and with the first revision; without a gap.</param>
    public void Recall(IReadOnlyList<NodeId?> subjects)
    {
        lock (_gate)
        {
            // The first one's own change was not known either.
            var change = _ring[_first % Kept];
            _ring[_first % Kept] = change with { Nodes = Of(subjects[^1]) };
            for (var back = 1; back < subjects.Count && _last - (_first - 1) < Kept; back++)
            {
                _first--;
                _ring[_first % Kept] = new Change(null, Of(subjects[^(back + 1)]));
            }
        }
    }

    /// <summary>The oldest revision from which a delta leads here.</summary>
    public long First
    {
        get
        {
            lock (_gate)
            {
                return _first;
            }
        }
    }

    /// <summary>
    /// True when the map had this digest at that revision. Where that is not known it is believed: whoever applies a delta
    /// to another map sees it by the digest after it, and asks for the whole.
    /// </summary>
    public bool Had(long revision, UInt128 digest)
    {
        lock (_gate)
        {
            return revision >= _first && revision <= _last && (_ring[revision % Kept].Digest is not { } had || had == digest);
        }
    }

    /// <summary>The nodes changed after one revision up to another, or null when that is no longer known.</summary>
    public HashSet<NodeId>? Between(long after, long upTo)
    {
        lock (_gate)
        {
            if (after < _first || after > upTo || upTo > _last)
            {
                return null;
            }

            var changed = new HashSet<NodeId>();
            for (var revision = after + 1; revision <= upTo; revision++)
            {
                changed.UnionWith(_ring[revision % Kept].Nodes);
            }

            return changed;
        }
    }

    private void Append(long revision, Change change)
    {
        _ring[revision % Kept] = change;
        _last = revision;
        _first = Math.Max(_first, revision - Kept + 1);
    }

    private static NodeId[] Of(NodeId? changed) => changed is { } node ? [node] : [];

    /// <param name="Digest">Of the map after it; null where this process has not had that map.</param>
    private readonly record struct Change(UInt128? Digest, NodeId[] Nodes);
}
