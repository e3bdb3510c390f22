using System.Collections.Immutable;
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
    private byte[] _lastHash = HashChain.Start;
    private string? _contradiction;

    protected JournaledEntity(string persistenceId, TState initial, JournalCodec<TEvent> codec)
    {
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
        TellFailure(cause);
    }

    // A refused write has used up a sequence number: only a new recovery knows the right one.
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistRejected(cause, @event, sequenceNr);
        TellFailure(cause);
        Context.Stop(Self);
    }

    protected void TellFailure(Exception cause) => Sender.Tell(new WriteFailed(
        $"The journal did not take a change of '{PersistenceId}': {cause.GetBaseException().Message.TrimEnd('.')}. Whether it was stored is unknown; "
        + "when the journal's disk or database is well again, the same command may be given again."));

    /// <summary>Stores all events or none, then calls back once with their entries.</summary>
    protected void Store(ImmutableArray<TEvent> events, Meta meta, Action<ImmutableArray<StoredEntry>> stored)
    {
        var encoded = Encode(events, meta);
        var entries = ImmutableArray.CreateBuilder<StoredEntry>(events.Length);
        PersistAll(encoded.Select(pair => pair.Entry), entry =>
        {
            Apply(encoded[entries.Count].Event, entry);
            entries.Add(new StoredEntry(Revision, entry.Manifest, entry.Bytes));
            if (entries.Count == events.Length)
            {
                stored(entries.MoveToImmutable());
            }
        });
    }

    /// <summary>
    /// Rows were stored past Akka, which now has a wrong number for the next: nothing more may be stored by this
    /// incarnation, and the next one reads them.
    /// </summary>
    protected void Adopt(TState state, long revision, byte[] lastHash) => (State, Revision, _lastHash) = (state, revision, lastHash);

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
            Context.GetLogger().Error(e, "{0}", _contradiction);
        }
    }

    private void AfterRecovery()
    {
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
