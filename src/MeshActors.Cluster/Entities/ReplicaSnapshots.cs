using Akka.Actor;
using Akka.Persistence;
using MeshActors.Cluster.Serialization;
using MeshActors.Cluster.Storage;
using MeshActors.Domain;

namespace MeshActors.Cluster.Entities;

/// <summary>
/// The organizations' snapshot store: to one that begins here it gives what a feed of this process has, where the journal
/// proves it, and else the stored snapshot. After a failover, where an organization's agents are connected, nothing big has
/// to be read and built while its joins wait.
/// </summary>
/// <remarks>
/// A replica holds when the journal's row of its revision has its hash: the row carries the hash of the row before it, and
/// so on. A journal that was restored from a backup, or went on elsewhere, has no such row.
/// </remarks>
internal sealed class ReplicaSnapshots : ReceiveActor
{
    public const string PluginId = "mesh.organization-snapshots";

    private const string Proof = """
        SELECT message, (SELECT coalesce(max(sequence_number), 0) FROM snapshot WHERE persistence_id = @entity)
        FROM journal WHERE persistence_id = @entity AND sequence_number = @revision
        """;

    private static readonly string Prefix = OrganizationActor.PersistenceIdOf(default);

    /// <summary>For one row by its key. A database that takes longer is asked for the snapshot, and says there what is wrong.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Replicas _replicas;
    private readonly JournalDatabase _journal;

    public ReplicaSnapshots()
    {
        var setup = Context.System.Settings.Setup.Get<ReplicaSetup>().Value;
        (_replicas, _journal) = (setup.Replicas, setup.Journal);
        var stored = Persistence.Instance.Apply(Context.System).SnapshotStoreFor(null);
        var saves = Context.ActorOf(PacedSnapshots.Props(stored), "saves");
        Receive<LoadSnapshot>(load => Load(load, stored));
        Receive<SaveSnapshot>(saves.Forward);
        ReceiveAny(stored.Forward);
    }

    public static string Hocon => $$"""
        {{PluginId}} {
          class = "{{typeof(ReplicaSnapshots).FullName}}, {{typeof(ReplicaSnapshots).Assembly.GetName().Name}}"
        }
        """;

    private void Load(LoadSnapshot load, IActorRef stored)
    {
        if (_replicas.Find(OrganizationId.Parse(load.PersistenceId[Prefix.Length..])) is not { } replica)
        {
            stored.Forward(load);
            return;
        }

        var caller = Sender;
        // SQLite reads on the thread that asks.
        Task.Run(() => FindSnapshotAsync(load.PersistenceId, replica)).ContinueWith(
            found =>
            {
                if (found is { IsCompletedSuccessfully: true, Result: { } snapshot })
                {
                    var offer = new SelectedSnapshot(new SnapshotMetadata(load.PersistenceId, replica.Revision, default), replica with { SnapshotRevision = snapshot });
                    caller.Tell(new LoadSnapshotResult(offer, load.ToSequenceNr));
                }
                else
                {
                    // A database that is away says so there.
                    stored.Tell(load, caller);
                }
            },
            TaskScheduler.Default);
    }

    /// <returns>The revision of the stored snapshot; null when the journal does not prove the replica.</returns>
    private async Task<long?> FindSnapshotAsync(string entity, Replica replica)
    {
        using var late = new CancellationTokenSource(Patience);
        var connection = _journal.Connect();
        await using var ends = connection.ConfigureAwait(false);
        await connection.OpenAsync(late.Token).ConfigureAwait(false);
        var rows = await connection.CommandOf(null, Proof, ("@entity", entity), ("@revision", replica.Revision)).ReadAllAsync(
            reader => (Row: reader.GetFieldValue<byte[]>(0), Snapshot: reader.GetInt64(1)), late.Token).ConfigureAwait(false);
        return rows is [var (row, snapshot)] && HashChain.Next(new JournalEntry("", row)).AsSpan().SequenceEqual(replica.LastHash) ? snapshot : null;
    }
}
