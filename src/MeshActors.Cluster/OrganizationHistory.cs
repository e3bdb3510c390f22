using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Serialization;
using MeshActors.Domain;

namespace MeshActors.Cluster;

/// <summary>Reads an organization's entries from the journal itself, in pages, as fast as the reader takes them.</summary>
internal sealed class OrganizationHistory(ActorSystem system)
{
    private readonly Lazy<(SqlReadJournal Journal, ActorMaterializer Materializer)> _source = new(() => (
        PersistenceQuery.Get(system).ReadJournalFor<SqlReadJournal>(SqlReadJournal.Identifier),
        system.Materializer()));

    /// <exception cref="MeshUnavailableException">The journal cannot be read, or a row of it.</exception>
    public async IAsyncEnumerable<OrganizationEntry> ReadAsync(
        OrganizationId organization, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (journal, materializer) = _source.Value;
        var rows = journal.CurrentEventsByPersistenceId(OrganizationActor.PersistenceIdOf(organization), from, to)
            .RunAsAsyncEnumerable(materializer)
            .GetAsyncEnumerator(cancellationToken);
        await using var ends = rows.ConfigureAwait(false);
        while (await NextAsync(rows, organization).ConfigureAwait(false))
        {
            yield return Read(rows.Current, organization);
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<EventEnvelope> rows, OrganizationId organization)
    {
        try
        {
            return await rows.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new MeshUnavailableException($"The journal of organization '{organization}' cannot be read: {e.Message}", e);
        }
    }

    private static OrganizationEntry Read(EventEnvelope row, OrganizationId organization)
    {
        try
        {
            var entry = (JournalEntry)row.Event;
            var decoded = OrganizationJournal.Codec.Decode(entry);
            return new OrganizationEntry(row.SequenceNr, decoded.Meta, decoded.Event, entry.Manifest);
        }
        catch (Exception e) when (e is FormatException or InvalidCastException)
        {
            throw new MeshUnavailableException($"Entry {row.SequenceNr} of organization '{organization}' cannot be read: {e.Message}", e);
        }
    }
}
