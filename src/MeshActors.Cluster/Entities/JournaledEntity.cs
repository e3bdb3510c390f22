using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Serialization;
using MeshActors.Domain;

namespace MeshActors.Cluster.Entities;

/// <summary>
/// What every stored entity shares: recovery and live handling by one path, the hash chain, answers after the last event
/// is stored, and what happens when the journal contradicts itself.
/// </summary>
/// <remarks>
/// A write that fails stops the entity: its caller is told that the outcome is unknown, and asks again. A journal that contradicts itself does not: the entity would recover, fail and recover for every message. It stays,
/// decides nothing, and says why.
/// </remarks>
public abstract class JournaledEntity<TState, TEvent> : ReceivePersistentActor
{
    private readonly JournalCodec<TEvent> _codec;
    private readonly string _kind;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private byte[] _lastHash = HashChain.Start;
    private string? _contradiction;
    private long _replayed;

    /// <param name="kind">As metrics call it.</param>
    protected JournaledEntity(string kind, string persistenceId, TState initial, JournalCodec<TEvent> codec)
    {
        _kind = kind;
        PersistenceId = persistenceId;
        State = initial;
        _codec = codec;
        Recover<JournalEntry>(Replay);
        Recover<SnapshotOffer>(Restore);
        Recover<RecoveryCompleted>(_ => AfterRecovery());
        Command<StopEntity>(_ => Context.Stop(Self));
    }

    public override string PersistenceId { get; }

    protected TState State { get; private set; }

    /// <summary>The journal's sequence number of the last event in the state.</summary>
    protected long Revision { get; private set; }

    protected byte[] LastHash => _lastHash;

    protected abstract TState Evolve(TState state, TEvent @event);

    /// <summary>An entry is in the state: stored now, or read from the journal.</summary>
    protected virtual void Applied(StoredEntry entry)
    {
    }

    /// <summary>The state, revision and last hash that a snapshot holds. Throws when its bytes are none.</summary>
    protected virtual (TState State, long Revision, byte[] LastHash) ReadSnapshot(JournalEntry snapshot) =>
        throw new InvalidOperationException("This kind of entity has no snapshots.");

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

    private void TellFailure(Exception cause) => Sender.Tell(new WriteFailed(
        $"The journal did not take a change of '{PersistenceId}': {cause.GetBaseException().Message.TrimEnd('.')}. Whether it was stored is unknown; "
        + "when the journal's disk or database is well again, the same command may be given again."));

    /// <summary>Stores all events or none, then calls back once with their entries.</summary>
    protected void Store(ImmutableArray<TEvent> events, Meta meta, Action<ImmutableArray<StoredEntry>> stored)
    {
        var encoded = Encode(events, meta);
        var entries = ImmutableArray.CreateBuilder<StoredEntry>(events.Length);
        var since = Stopwatch.GetTimestamp();
        PersistAll(encoded.Select(pair => pair.Entry), entry =>
        {
            Apply(encoded[entries.Count].Event, entry);
            entries.Add(new StoredEntry(Revision, entry.Manifest, entry.Bytes));
            if (entries.Count == events.Length)
            {
                JournalMetrics.Stored(_kind, events.Length, since);
                stored(entries.MoveToImmutable());
            }
        });
    }

    /// <summary>Stores all rows or none, as they are, then calls back once. Who calls has checked that they follow.</summary>
    /// <param name="after">The state that they make.</param>
    protected void StoreAsIs(ImmutableArray<JournalEntry> rows, TState after, byte[] lastHash, Action stored)
    {
        var left = rows.Length;
        var since = Stopwatch.GetTimestamp();
        PersistAll(rows, _ =>
        {
            if (--left == 0)
            {
                JournalMetrics.Stored(_kind, rows.Length, since);
                State = after;
                Revision = LastSequenceNr;
                _lastHash = lastHash;
                stored();
            }
        });
    }

    private List<(TEvent Event, JournalEntry Entry)> Encode(ImmutableArray<TEvent> events, Meta meta)
    {
        var encoded = new List<(TEvent, JournalEntry)>(events.Length);
        var previous = _lastHash;
        foreach (var @event in events)
        {
            var entry = _codec.Encode(@event, meta, previous);
            previous = HashChain.Next(entry);
            encoded.Add((@event, entry));
        }

        return encoded;
    }

    private void Apply(TEvent @event, JournalEntry entry)
    {
        State = Evolve(State, @event);
        Revision = LastSequenceNr;
        _lastHash = HashChain.Next(entry);
        Applied(new StoredEntry(Revision, entry.Manifest, entry.Bytes));
    }

    private void Replay(JournalEntry entry) => Understand(() =>
    {
        _replayed++;
        if (LastSequenceNr != Revision + 1)
        {
            throw new InvalidOperationException($"the entry after {Revision} is missing, {LastSequenceNr} follows");
        }

        var decoded = _codec.Decode(entry);
        if (!decoded.PreviousHash.AsSpan().SequenceEqual(_lastHash))
        {
            throw new InvalidOperationException("its hash chain is broken: an entry before it was changed");
        }

        Apply(decoded.Event, entry);
    });

    private void Restore(SnapshotOffer offer) => Understand(() =>
    {
        var snapshot = offer.Snapshot as JournalEntry
            ?? throw new InvalidOperationException($"its snapshot is a {offer.Snapshot.GetType()}");
        (State, Revision, _lastHash) = ReadSnapshot(snapshot);
        if (Revision != offer.Metadata.SequenceNr)
        {
            throw new InvalidOperationException($"its snapshot at {offer.Metadata.SequenceNr} says {Revision}");
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
            JournalMetrics.Failed(_kind, "contradiction");
            Context.GetLogger().Error(e, "{0}", _contradiction);
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
    }
}
