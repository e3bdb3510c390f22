using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Persistence;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Projections;
using MeshActors.Cluster.Storage;
using MeshActors.Cluster.Telemetry;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using Directory = MeshActors.Domain.Directories.Directory;

namespace MeshActors.Cluster.Entities;

/// <summary>One organization: decides, stores, answers, and tells its feeds; in that order. No rule and no clock is here.</summary>
public sealed partial class OrganizationActor : JournaledEntity<OrganizationState, OrganizationEvent>, IWithTimers
{
    /// <summary>
    /// A feed that missed a push renews within seconds, in a storm too: it misses a whole batch, and the next is stored before it asks.
    /// More, and it takes the whole. Some 300 bytes each.
    /// </summary>
    private const int EntriesKept = 2 * BatchEntriesMax;

    private readonly OrganizationId _id;
    private readonly RegionName? _region;
    private readonly JournalDatabase _journal;
    private readonly HashSet<IActorRef> _feeds = [];
    private readonly Queue<StoredEntry> _recent = [];
    private bool _isFresh = true;
    private readonly SnapshotSchedule _snapshots = new();

    /// <param name="region">This cluster's; null in a deployment without regions.</param>
    /// <param name="journal">Where imported rows go, past Akka.</param>
    public OrganizationActor(OrganizationId id, RegionName? region, JournalDatabase journal)
        : base("organization", PersistenceIdOf(id), OrganizationState.Initial, OrganizationJournal.Codec)
    {
        _id = id;
        _region = region;
        _journal = journal;
        SnapshotPluginId = ReplicaSnapshots.PluginId;
        Command<ExecuteOrganization>(Execute);
        Command<Subscribe>(Subscribe);
        CommandAsync<ImportRows>(ImportAsync);
        CommandAsync<FinishImport>(FinishImportAsync);
        Command<Terminated>(feed => _feeds.Remove(feed.ActorRef));
        Command<Rest>(OnRest);
        Command<SaveSnapshotSuccess>(saved => _snapshots.Saved(saved.Metadata.SequenceNr, DeleteSnapshots));
        Command<SaveSnapshotFailure>(_ => { });        // the store has logged it; the journal has everything
        Command<DeleteSnapshotsSuccess>(_ => { });
        Command<DeleteSnapshotsFailure>(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static string PersistenceIdOf(OrganizationId id) => $"org-{id}";

    public static Props Props(string entityId, RegionName? region, JournalDatabase journal) =>
        Akka.Actor.Props.Create(() => new OrganizationActor(OrganizationId.Parse(entityId), region, journal));

    protected override OrganizationState Evolve(OrganizationState state, OrganizationEvent @event) => Organization.Evolve(state, @event);

    protected override (OrganizationState State, long Revision, byte[] LastHash) ReadSnapshot(object snapshot)
    {
        if (snapshot is Replica replica)
        {
            _snapshots.Restored(replica.SnapshotRevision);
            return (replica.State, replica.Revision, replica.LastHash);
        }

        var read = OrganizationJournal.ReadSnapshot(snapshot);
        _snapshots.Restored(read.Revision);
        return read;
    }

    /// <summary>
    /// The region to ask in this one's stead, or later. A journal that is still arriving from its old home, and one that was
    /// given up, decide nothing but the move itself: two homes never write at once. That it exists its birthplace knows for ever.
    /// </summary>
    private RegionName? HomeToAsk(OrganizationState state, OrganizationCommand? command) =>
        _region is not { } here || state.Home is not { } home || (command is OrganizationCommand.Create && _id.Region == here) ? null
        : state.MovingTo is { } to ? (IsOfMove(command, to, here) ? null : home)
        : home != here ? home
        : null;

    // The same wish again is answered as the first time, and the new home may take over.
    private static bool IsOfMove(OrganizationCommand? command, RegionName to, RegionName here) =>
        command is OrganizationCommand.Move move ? move.To == to : command is OrganizationCommand.Settle && to == here;

    /// <summary>It may come back: what was decided elsewhere since then is added.</summary>
    private bool IsGivenUp => _region is not null && Ahead.MovingTo is { } to && to != _region;

    private void Execute(ExecuteOrganization message)
    {
        if (IsOverloaded)
        {
            Sender.Tell(new CommandReply.Refused(Overloaded));
            return;
        }

        if (HomeToAsk(Ahead, message.Command) is { } home)
        {
            Answer(new OrganizationElsewhere(_id, home, Organization.Elsewhere(_id, home)));
            return;
        }

        if (IsImporting)
        {
            Answer(new CommandReply.Refused(Directory.Unfinished(_id)));
            return;
        }

        _isFresh = false;
        var since = Stopwatch.GetTimestamp();
        var decision = Organization.Decide(Ahead, message.Command, message.Meta.Time);
        if (MeshTraces.Find(message.Meta.RequestId) is { } followed)
        {
            MeshTraces.Record("decide", followed, since, ("mesh.organization", _id.Value), ("mesh.revision", AheadRevision));
        }

        switch (decision)
        {
            case Decision<OrganizationEvent>.Rejected(var reason):
                Answer(new CommandReply.Refused(reason));
                LeaveIfUnknown();
                break;
            case Decision<OrganizationEvent>.Accepted({ IsEmpty: true }):
                Answer(Done(message.Command));
                break;
            case Decision<OrganizationEvent>.Accepted(var events):
                _import = ImportPhase.Over;
                Store(events, message.Meta);
                Answer(Done(message.Command));
                break;
        }
    }

    private CommandReply.Done Done(OrganizationCommand command) => new(AheadRevision, OrganizationJournal.NodeOf(Ahead, command));

    // The feeds first: whoever has the answer and asks a feed then meets what was stored.
    protected override void Stored(ImmutableArray<StoredEntry> entries) => Publish(entries);

    protected override void Answered()
    {
        SnapshotEvery(SnapshotSchedule.EventsFor(State));
        if (!Timers.IsTimerActive(nameof(Rest)))
        {
            AwaitRest();
        }
    }

    // One that stores nothing from now on would read the same events at each of its recoveries.
    protected override void Recovered() => AwaitRest();

    private void AwaitRest() => Timers.StartSingleTimer(nameof(Rest), new Rest(Revision), SnapshotSchedule.RestsAfter);

    private void OnRest(Rest rest)
    {
        if (rest.Revision != Revision)
        {
            AwaitRest();
        }
        else if (!IsAhead && !_isPastAkka)
        {
            SnapshotEvery(SnapshotSchedule.EventsAtRest(State));
        }
    }

    /// <remarks>Read ones too: after a failover the feeds then miss a few entries, and not the whole.</remarks>
    protected override void Applied(StoredEntry entry)
    {
        if (_recent.Count == EntriesKept)
        {
            _recent.Dequeue();
        }

        _recent.Enqueue(entry);
    }

    private void Publish(ImmutableArray<StoredEntry> entries)
    {
        var message = new StoredEntries(_id, entries[0].Revision - 1, entries, 0);
        foreach (var feed in _feeds)
        {
            feed.Tell(message);
        }

        Context.System.EventStream.Publish(new JournalGrew(_id, Revision));
    }

    private void Subscribe(Subscribe message)
    {
        // Half a map is worse than none.
        if ((State.MovingTo is null || State.MovingTo == _region ? HomeToAsk(State, null) : null) is { } home)
        {
            Sender.Tell(new OrganizationElsewhere(_id, home, Organization.Elsewhere(_id, home)));
            return;
        }

        if (IsImporting)
        {
            Sender.Tell(new EntityBroken(Directory.Unfinished(_id).Message));
            return;
        }

        // What it knows of, or the organization itself, may be on its way to the journal.
        if (IsAhead && (message.HaveRevision > Revision || !State.Exists))
        {
            ComesAgain(message);
            return;
        }

        // The feed has seen an entry that is not here: another entity of this organization lives, or did. This one's next
        // incarnation reads the journal, and if the journal ends here too, the feed is told so.
        if (message.HaveRevision > Revision && !_isFresh)
        {
            Context.Stop(Self);
            return;
        }

        _isFresh = false;
        if (State.Exists && _feeds.Add(Sender))
        {
            Context.Watch(Sender);
        }

        Sender.Tell(Missed(message.HaveRevision) is { } missed
            ? new StoredEntries(_id, message.HaveRevision, missed, message.Number)
            : Whole(message.Number));
        LeaveIfUnknown();
    }

    /// <summary>What follows the revision, or null when it is not at hand.</summary>
    private ImmutableArray<StoredEntry>? Missed(long have) =>
        have == 0 ? null
        : have == Revision ? []
        : have < Revision && _recent.TryPeek(out var oldest) && oldest.Revision <= have + 1 ? [.. _recent.Where(entry => entry.Revision > have)]
        : null;

    private object Whole(long number)
    {
        if (Sender.Path.Address.HasLocalScope)
        {
            return new SubscribedState(State, Revision, LastHash, number);
        }

        var snapshot = OrganizationJournal.WriteSnapshot(State, Revision, LastHash);
        return new SubscribedWhole(_id, Revision, snapshot.Manifest, snapshot.Bytes, number);
    }

    // Names that nobody created must not fill the memory until they are idle for long enough.
    private void LeaveIfUnknown()
    {
        if (!Ahead.Exists)
        {
            Context.Parent.Tell(new Passivate(StopEntity.Instance));
        }
    }

    /// <param name="Revision">Where it was then: it rests if it is there still.</param>
    private sealed record Rest(long Revision) : INoSerializationVerificationNeeded;
}
