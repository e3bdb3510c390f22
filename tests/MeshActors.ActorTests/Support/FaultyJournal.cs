using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace MeshActors.ActorTests.Support;

/// <summary>A journal in memory that does with the next writes of an entity what a test has asked for.</summary>
public sealed class FaultyJournal : MemoryJournal
{
    /// <summary>By entity: one fault for each write to come. Static, since Akka makes the journal.</summary>
    public static readonly ConcurrentDictionary<string, ConcurrentQueue<Fault>> Faults = new();

    /// <summary>By entity: its writes wait for this.</summary>
    public static readonly ConcurrentDictionary<string, TaskCompletionSource> Gates = new();

    /// <summary>By entity: how many entries each write had that the journal took.</summary>
    public static readonly ConcurrentDictionary<string, ConcurrentQueue<int>> Writes = new();

    public enum Fault
    {
        /// <summary>As when the disk is full: unknown whether it was stored. It was not.</summary>
        Fails,

        /// <summary>Stored, and the answer was lost: the other half of unknown.</summary>
        FailsAfterStoring,

        /// <summary>As when it cannot be serialized.</summary>
        Refuses,
    }

    public const string Hocon = """
        akka.persistence.journal.plugin = "akka.persistence.journal.faulty"
        akka.persistence.journal.faulty.class = "MeshActors.ActorTests.Support.FaultyJournal, MeshActors.ActorTests"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        """;

    protected override async Task<IImmutableList<Exception>?> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        if (Gates.TryGetValue(writes[0].PersistenceId, out var gate))
        {
            await gate.Task.WaitAsync(cancellationToken);
        }

        var fault = Faults.TryGetValue(writes[0].PersistenceId, out var faults) && faults.TryDequeue(out var next) ? next : (Fault?)null;
        switch (fault)
        {
            case Fault.Fails:
                throw new IOException("The disk is full.");
            case Fault.FailsAfterStoring:
                await base.WriteMessagesAsync(writes, cancellationToken);
                throw new IOException("The connection broke.");
            case Fault.Refuses:
                return [.. writes.Select(_ => new InvalidOperationException("Refused."))];
            default:
                Writes.GetOrAdd(writes[0].PersistenceId, _ => new()).Enqueue(writes.Sum(write => write.Size));
                return await base.WriteMessagesAsync(writes, cancellationToken);
        }
    }
}
