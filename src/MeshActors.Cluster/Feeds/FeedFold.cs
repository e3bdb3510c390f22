using System.Collections.Immutable;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Serialization;
using MeshActors.Cluster.Telemetry;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Feeds;

/// <summary>Folds an organization's entries into its state and map, and shows pictures of it.</summary>
internal sealed class FeedFold
{
    private readonly RecentChanges _changes = new();
    private readonly HashSet<NodeId> _credentialChanges = [];
    private readonly List<ChangeTrace> _followed = [];

    /// <param name="board">Of what this takes the place of: its streams stay, and get a whole map.</param>
    public FeedFold(OrganizationState state, long revision, byte[] lastHash, FeedBoard? board)
    {
        State = state;
        LastHash = lastHash;
        Map = MeshMap.Of(state, revision);
        _changes.Reset(revision, Map.Digest);
        var picture = new FeedPicture(state, Map, _changes, new WholeMap(Map));
        Board = board ?? new FeedBoard(picture);
        if (board is not null)
        {
            board.Show(picture);
        }
    }

    public OrganizationState State { get; private set; }

    public MeshMap Map { get; private set; }

    /// <summary>Of the newest row.</summary>
    public byte[] LastHash { get; private set; }

    public FeedBoard Board { get; }

    public long Revision => Map.Revision;

    public static (OrganizationState State, byte[] LastHash) Read(SubscribedWhole message)
    {
        var (state, _, lastHash) = OrganizationJournal.ReadSnapshot(new JournalEntry(message.Manifest, message.Snapshot));
        return (state, lastHash);
    }

    /// <summary>
    /// Leads on to a later whole organization: what an entity that has just recovered has for a feed that missed something.
    /// The streams stay, and get deltas.
    /// </summary>
    public void Jump(OrganizationState state, long revision, byte[] lastHash)
    {
        State = state;
        LastHash = lastHash;
        var before = Map;
        Map = MeshMap.Of(State, revision);
        var changed = before.Nodes.Keys.Union(Map.Nodes.Keys)
            .Where(id => !Equals(before.Nodes.GetValueOrDefault(id), Map.Nodes.GetValueOrDefault(id)));
        _changes.Jump(revision, Map.Digest, [.. changed]);
        Show();
    }

    /// <summary>True when the streams do not have all that was folded yet.</summary>
    public bool HasUnshown => Board.Current.Revision != Revision;

    public void Show()
    {
        if (_followed.Count > 0)
        {
            // Before the streams see it.
            Board.Traces.Open(_followed);
            _followed.Clear();
        }

        Board.Show(new FeedPicture(State, Map, _changes, Board.Current.Whole.For(Map)));
    }

    /// <summary>Shows nothing yet. False when entries before these are missing; then nothing changed.</summary>
    public bool TryAdd(ImmutableArray<StoredEntry> entries)
    {
        var news = entries.Where(entry => entry.Revision > Revision).ToList();
        if (news is [var first, ..] && first.Revision != Revision + 1)
        {
            return false;
        }

        news.ForEach(Add);
        if (news is [.., var last])
        {
            LastHash = HashChain.Next(new JournalEntry(last.Manifest, last.Bytes));
        }

        return true;
    }

    /// <summary>The nodes whose credential is perhaps no longer good since the last time.</summary>
    public IReadOnlyCollection<NodeId> TakeCredentialChanges()
    {
        var taken = _credentialChanges.ToList();
        _credentialChanges.Clear();
        return taken;
    }

    /// <summary>True when the agent's map is one that this feed can lead on from.</summary>
    public bool Knows(long revision, UInt128 digest) => _changes.Had(revision, digest);

    /// <summary>The oldest revision from which a delta leads on.</summary>
    public long First => _changes.First;

    /// <summary>Takes from the journal what changed before this fold began, so that an agent from another process gets a delta.</summary>
    public void Recall(IReadOnlyList<NodeId?> subjects) => _changes.Recall(subjects);

    private void Add(StoredEntry entry)
    {
        var decoded = OrganizationJournal.Codec.Decode(new JournalEntry(entry.Manifest, entry.Bytes));
        var @event = decoded.Event;
        if (MeshTraces.Find(decoded.Meta.RequestId) is { } followed)
        {
            _followed.Add(new ChangeTrace(entry.Revision, followed));
        }

        State = Organization.Evolve(State, @event);
        Map = Map.After(@event, State, entry.Revision);
        _changes.Add(entry.Revision, Map.Digest, MeshMap.Subject(@event));
        switch (@event)
        {
            case OrganizationEvent.NodeRemoved e:
                _credentialChanges.Add(e.Node);
                break;
            case OrganizationEvent.NodeReplaced e:
                _credentialChanges.Add(e.Node);
                break;
            case OrganizationEvent.CredentialChanged e:
                _credentialChanges.Add(e.Node);
                break;
        }
    }
}
