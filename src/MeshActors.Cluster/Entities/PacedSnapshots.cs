using System.Diagnostics;
using Akka.Actor;
using Akka.Persistence;

namespace MeshActors.Cluster.Entities;

/// <summary>
/// Writes the organizations' snapshots one after the other, with rests in between. A snapshot is large and nobody waits for it, but
/// organizations that grow together, or rest together, want theirs together; and the joins would wait for the processors.
/// </summary>
internal sealed class PacedSnapshots : ReceiveActor, IWithTimers
{
    /// <summary>Times as long as the last one took: a fourth of a processor is theirs at most.</summary>
    private const int RestShare = 3;

    /// <summary>The store itself gives up after 20 s. Who then has no answer, whatever became of it, holds up no others.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IActorRef _store;

    /// <summary>One for each organization at most, the newest.</summary>
    private readonly Dictionary<string, Wish> _wishes = [];
    private readonly Queue<string> _order = [];
    private Wish? _current;
    private long _since;

    public PacedSnapshots(IActorRef store)
    {
        _store = store;
        Receive<SaveSnapshot>(save => Add(new Wish(save, Sender)));
        Receive<Encoded>(encoded => _store.Tell(encoded.Save, Self));
        Receive<SaveSnapshotSuccess>(saved => End(saved.Metadata, saved));
        Receive<SaveSnapshotFailure>(failed => End(failed.Metadata, failed));
        Receive<Rested>(_ => Begin());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IActorRef store) => Akka.Actor.Props.Create(() => new PacedSnapshots(store));

    private void Add(Wish wish)
    {
        var entity = wish.Save.Metadata.PersistenceId;
        if (_wishes.Remove(entity, out var older))
        {
            older.Sender.Tell(new SaveSnapshotFailure(older.Save.Metadata, new OperationCanceledException("A newer one took its place.")));
        }
        else
        {
            _order.Enqueue(entity);
        }

        _wishes.Add(entity, wish);
        if (_current is null && !Timers.IsTimerActive(nameof(Rested)))
        {
            Begin();
        }
    }

    private void Begin()
    {
        if (!_order.TryDequeue(out var entity))
        {
            return;
        }

        _wishes.Remove(entity, out var wish);
        _current = wish!;
        _since = Stopwatch.GetTimestamp();
        var metadata = wish!.Save.Metadata;
        Timers.StartSingleTimer(nameof(Patience), new SaveSnapshotFailure(metadata, new TimeoutException("The snapshot store did not answer.")), Patience);
        Task.Run(() => Encode(wish.Save)).PipeTo(Self, failure: fault => new SaveSnapshotFailure(metadata, fault));
    }

    private static Encoded Encode(SaveSnapshot save) => new(save.Snapshot is Replica replica
        ? new SaveSnapshot(save.Metadata, OrganizationJournal.WriteSnapshot(replica.State, replica.Revision, replica.LastHash))
        : save);

    // The answer to one that was given up may still come.
    private void End(SnapshotMetadata metadata, object answer)
    {
        if (_current is null || _current.Save.Metadata.PersistenceId != metadata.PersistenceId || _current.Save.Metadata.SequenceNr != metadata.SequenceNr)
        {
            return;
        }

        Timers.Cancel(nameof(Patience));
        _current.Sender.Tell(answer);
        _current = null;
        Timers.StartSingleTimer(nameof(Rested), Rested.Instance, RestShare * Stopwatch.GetElapsedTime(_since));
    }

    private sealed record Wish(SaveSnapshot Save, IActorRef Sender);

    private sealed record Encoded(SaveSnapshot Save) : INoSerializationVerificationNeeded;

    private sealed class Rested : INoSerializationVerificationNeeded
    {
        public static readonly Rested Instance = new();
    }
}
