using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Serialization;
using MeshActors.Cluster.Telemetry;
using MeshActors.Domain;

namespace MeshActors.Cluster.Entities;

/// <summary>
/// What every stored entity shares: recovery, the hash chain, decisions one at a time that are stored in batches, answers
/// after all that they rest on is stored, and what happens when the journal contradicts itself.
/// </summary>
/// <remarks>
/// A write that fails stops the entity: all who wait are told that the outcome is unknown, and ask again. A journal that contradicts itself does not: the entity would recover, fail and recover for every message. It stays,
/// decides nothing, and says why.
/// </remarks>
public abstract class JournaledEntity<TState, TEvent> : ReceivePersistentActor
{
    /// <summary>Entries that are stored, and shown, together; a command that has more is a batch of its own.</summary>
    protected const int BatchEntriesMax = GroupCommit<Head, JournalEntry, Waiting>.EntriesMax;

    private readonly JournalCodec<TEvent> _codec;
    private readonly string _kind;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly GroupCommit<Head, JournalEntry, Waiting> _commit;
    private readonly Queue<(long Revision, ActivityContext Change, long Since)> _followed = [];
    private string? _contradiction;
    private long _replayed;

    /// <param name="kind">As metrics call it.</param>
    protected JournaledEntity(string kind, string persistenceId, TState initial, JournalCodec<TEvent> codec)
    {
        _kind = kind;
        PersistenceId = persistenceId;
        _codec = codec;
        _commit = new GroupCommit<Head, JournalEntry, Waiting>(new Head(initial, HashChain.Start));
        Recover<JournalEntry>(Replay);
        Recover<SnapshotOffer>(Restore);
        Recover<RecoveryCompleted>(_ => AfterRecovery());
        Command<StopEntity>(Stop);
    }

    public override string PersistenceId { get; }

    /// <summary>What is stored: all that others are shown.</summary>
    protected TState State => _commit.Stored.State;

    /// <summary>The journal's sequence number of the last event in the state.</summary>
    protected long Revision => _commit.Revision;

    protected byte[] LastHash => _commit.Stored.LastHash;

    /// <summary>The state with all that is on its way to the journal: what commands are decided on.</summary>
    protected TState Ahead => _commit.Ahead.State;

    protected long AheadRevision => _commit.AheadRevision;

    protected bool IsAhead => _commit.IsAhead;

    protected bool IsOverloaded => _commit.IsFull;

    protected Refusal Overloaded => new(RefusalCodes.Overloaded,
        $"{GroupCommit<Head, JournalEntry, Waiting>.WaitingMax} changes of '{PersistenceId}' wait for the journal, the most that may; try again in a few seconds.");

    protected abstract TState Evolve(TState state, TEvent @event);

    /// <summary>An entry is in the state: stored now, or read from the journal.</summary>
    protected virtual void Applied(StoredEntry entry)
    {
    }

    /// <summary>A batch is stored and in the state. Who waits for it is answered next.</summary>
    protected virtual void Stored(ImmutableArray<StoredEntry> entries)
    {
    }

    /// <summary>All who waited for a batch are answered.</summary>
    protected virtual void Answered()
    {
    }

    /// <summary>The state, revision and last hash that a snapshot holds. Throws when it is none.</summary>
    protected virtual (TState State, long Revision, byte[] LastHash) ReadSnapshot(object snapshot) =>
        throw new InvalidOperationException("This kind of entity has no snapshots.");

    /// <summary>All of the journal is in the state.</summary>
    protected virtual void Recovered()
    {
    }

    /// <summary>The journal cannot be read on.</summary>
    protected virtual void Contradicted(Exception cause, string sentence)
    {
        JournalMetrics.Failed(_kind, "contradiction");
        Context.GetLogger().Error(cause, "{0}", sentence);
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistFailure(cause, @event, sequenceNr);
        JournalMetrics.Failed(_kind, "failed");
        TellFailure(cause);
    }

    // A refused write has used up a sequence number: only a new recovery knows the right one.
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistRejected(cause, @event, sequenceNr);
        JournalMetrics.Failed(_kind, "rejected");
        TellFailure(cause);
        Context.Stop(Self);
    }

    // Nothing that was decided in the same batch, or after it and upon it, holds.
    private void TellFailure(Exception cause)
    {
        var failed = Failure(cause);
        foreach (var waiting in _commit.Abandon().Where(waiting => !waiting.Caller.Equals(Self)))
        {
            waiting.Caller.Tell(failed);
        }
    }

    /// <summary>
    /// Rows were stored past Akka, which now has a wrong number for the next: nothing more may be stored by this
    /// incarnation, and the next one reads them. Nothing may be ahead.
    /// </summary>
    protected void Adopt(TState state, long revision, byte[] lastHash) => _commit.Restore(new Head(state, lastHash), revision);

    protected WriteFailed Failure(Exception cause) => new(
        $"The journal did not take a change of '{PersistenceId}': {cause.GetBaseException().Message.TrimEnd('.')}. Whether it was stored is unknown; "
        + "when the journal's disk or database is well again, the same command may be given again.");

    /// <summary>Stores all events or none: at once, or in a batch with others while a write is under way.</summary>
    protected void Store(ImmutableArray<TEvent> events, Meta meta)
    {
        var (state, lastHash) = _commit.Ahead;
        var entries = ImmutableArray.CreateBuilder<JournalEntry>(events.Length);
        foreach (var @event in events)
        {
            var entry = _codec.Encode(@event, meta, lastHash);
            lastHash = HashChain.Next(entry);
            state = Evolve(state, @event);
            entries.Add(entry);
        }

        if (MeshTraces.Find(meta.RequestId) is { } change)
        {
            _followed.Enqueue((AheadRevision + events.Length, change, Stopwatch.GetTimestamp()));
        }

        _commit.Add(entries.MoveToImmutable(), new Head(state, lastHash));
        GoOn();
    }

    /// <summary>Tells the sender when all that was decided so far is stored: any of it may have led to the answer.</summary>
    protected void Answer(object reply)
    {
        _commit.Answer(new Waiting(Sender, reply, Self));
        GoOn();
    }

    /// <summary>The message in hand comes again when all that was decided so far is stored.</summary>
    protected void ComesAgain(object message) => _commit.Answer(new Waiting(Self, message, Sender));

    // Callers that wait get their answers first.
    private void Stop(StopEntity message)
    {
        if (IsAhead)
        {
            ComesAgain(message);
        }
        else
        {
            Context.Stop(Self);
        }
    }

    private void GoOn()
    {
        while (_commit.TryTakeAnswer(out var due))
        {
            due.Caller.Tell(due.Message, due.From);
        }

        var batch = _commit.BeginWrite();
        var left = batch.Length;
        if (left > 0)
        {
            var since = Stopwatch.GetTimestamp();
            PersistAllAsync(batch, _ =>
            {
                if (--left == 0)
                {
                    JournalMetrics.Stored(_kind, batch.Length, since);
                    BatchStored(batch);
                }
            });
        }
    }

    private void BatchStored(ImmutableArray<JournalEntry> batch)
    {
        var first = Revision + 1;
        _commit.EndWrite();
        if (Revision != LastSequenceNr)
        {
            throw new InvalidOperationException($"'{PersistenceId}' stored up to {LastSequenceNr}, and takes it for {Revision}.");
        }

        while (_followed.TryPeek(out var change) && change.Revision <= Revision)
        {
            _followed.Dequeue();
            MeshTraces.Record("store", change.Change, change.Since, ("mesh.revision", change.Revision), ("mesh.batch", batch.Length));
        }

        ImmutableArray<StoredEntry> entries = [.. batch.Select((entry, index) => new StoredEntry(first + index, entry.Manifest, entry.Bytes))];
        foreach (var entry in entries)
        {
            Applied(entry);
        }

        Stored(entries);
        GoOn();
        Answered();
    }

    private void Replay(JournalEntry entry) => Understand(() =>
    {
        _replayed++;
        if (LastSequenceNr != Revision + 1)
        {
            throw new InvalidOperationException($"the entry after {Revision} is missing, {LastSequenceNr} follows");
        }

        var decoded = _codec.Decode(entry);
        if (!decoded.PreviousHash.AsSpan().SequenceEqual(LastHash))
        {
            throw new InvalidOperationException("its hash chain is broken: an entry before it was changed");
        }

        _commit.Restore(new Head(Evolve(State, decoded.Event), HashChain.Next(entry)), LastSequenceNr);
        Applied(new StoredEntry(Revision, entry.Manifest, entry.Bytes));
    });

    private void Restore(SnapshotOffer offer) => Understand(() =>
    {
        var (state, revision, lastHash) = ReadSnapshot(offer.Snapshot);
        _commit.Restore(new Head(state, lastHash), revision);
        if (revision != offer.Metadata.SequenceNr)
        {
            throw new InvalidOperationException($"its snapshot at {offer.Metadata.SequenceNr} says {revision}");
        }
    });

    // The first contradiction ends the reading; what follows it would only contradict more.
    private void Understand(Action read)
    {
        if (_contradiction is not null)
        {
            return;
        }

        try
        {
            read();
        }
        catch (Exception e)
        {
            _contradiction = $"The journal of '{PersistenceId}' cannot be read at entry {LastSequenceNr}: {e.Message}. "
                + "Nothing of it is changed or answered until the journal is restored from a backup, or read by the version that wrote it.";
            Contradicted(e, _contradiction);
        }
    }

    private void AfterRecovery()
    {
        JournalMetrics.Recovered(_kind, _replayed, _startedAt);
        if (_contradiction is { } sentence)
        {
            Become(() =>
            {
                Command<StopEntity>(_ => Context.Stop(Self));
                CommandAny(_ => Sender.Tell(new EntityBroken(sentence)));
            });
        }
        else
        {
            Recovered();
        }
    }

    private sealed record Head(TState State, byte[] LastHash);

    /// <param name="Caller">This entity itself: the message comes again.</param>
    private readonly record struct Waiting(IActorRef Caller, object Message, IActorRef From);
}
