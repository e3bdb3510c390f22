using System.Data.Common;
using Akka.Actor;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Storage;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Entities;

/// <summary>
/// Reads one organization's journal, and forgets it: the first recovery of a process takes ten times as long as the next,
/// and the organizations that come to it later should not wait for that.
/// </summary>
internal sealed class Rehearsal(ActorSystem system, JournalDatabase database) : IDisposable
{
    /// <summary>A database that is busy or away must not keep the process out of its cluster.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // Its journal is in the caches of the database.
    private const string StoredLast = "SELECT persistence_id FROM journal WHERE persistence_id LIKE @organizations ORDER BY ordering DESC LIMIT 1";

    private readonly SemaphoreSlim _one = new(1);
    private bool _isDone;

    /// <summary>Once, when there is an organization. Ends without an error whatever happens: all it gains is time.</summary>
    public async Task RunAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isDone)
            {
                await ReadAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task ReadAsync()
    {
        try
        {
            using var late = new CancellationTokenSource(Patience);
            if (await FindAsync(late.Token).ConfigureAwait(false) is { } id)
            {
                var reader = system.ActorOf(Props.Create(() => new Reader(id)), "rehearsal");
                try
                {
                    await reader.Ask<object>(IsOver.Instance, late.Token).ConfigureAwait(false);
                    _isDone = true;
                }
                finally
                {
                    reader.Tell(StopEntity.Instance);
                }
            }
        }
        catch (Exception fault) when (fault is DbException or TimeoutException or IOException or OperationCanceledException or AskTimeoutException)
        {
            // Whoever needs the database next says what is wrong with it.
        }
    }

    private async Task<OrganizationId?> FindAsync(CancellationToken cancellationToken)
    {
        var prefix = OrganizationActor.PersistenceIdOf(default);
        var connection = database.Connect();
        await using var ends = connection.ConfigureAwait(false);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        var found = await connection.CommandOf(null, StoredLast, ("@organizations", prefix + "%"))
            .ReadAllAsync(reader => reader.GetString(0), cancellationToken).ConfigureAwait(false);
        return found is [var entity] ? OrganizationId.Parse(entity[prefix.Length..]) : null;
    }

    /// <summary>An entity that stores and decides nothing.</summary>
    private sealed class Reader : JournaledEntity<OrganizationState, OrganizationEvent>
    {
        public Reader(OrganizationId id)
            : base("rehearsal", OrganizationActor.PersistenceIdOf(id), OrganizationState.Initial, OrganizationJournal.Codec) =>
            Command<IsOver>(over => Sender.Tell(over));

        protected override OrganizationState Evolve(OrganizationState state, OrganizationEvent @event) => Organization.Evolve(state, @event);

        protected override (OrganizationState State, long Revision, byte[] LastHash) ReadSnapshot(object snapshot) =>
            OrganizationJournal.ReadSnapshot(snapshot);

        // The entity itself says so where it lives.
        protected override void Contradicted(Exception cause, string sentence)
        {
        }
    }

    private sealed record IsOver : INoSerializationVerificationNeeded
    {
        public static readonly IsOver Instance = new();
    }
}
