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
        await foreach (var (revision, entry) in ReadRowsAsync(organization, from, to, cancellationToken).ConfigureAwait(false))
        {
            yield return Read(revision, entry, organization);
        }
    }

    /// <summary>As they are stored.</summary>
    /// <exception cref="MeshUnavailableException">The journal cannot be read.</exception>
    public async IAsyncEnumerable<(long Revision, JournalEntry Entry)> ReadRowsAsync(
        OrganizationId organization, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (journal, materializer) = _source.Value;
        var rows = journal.CurrentEventsByPersistenceId(OrganizationActor.PersistenceIdOf(organization), from, to)
            .RunAsAsyncEnumerable(materializer)
            .GetAsyncEnumerator(cancellationToken);
        await using var ends = rows.ConfigureAwait(false);
        while (await NextAsync(rows, organization).ConfigureAwait(false))
        {
            yield return (rows.Current.SequenceNr, (JournalEntry)rows.Current.Event);
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

    public static OrganizationEntry Read(long revision, JournalEntry entry, OrganizationId organization)
    {
        try
        {
            var decoded = OrganizationJournal.Codec.Decode(entry);
            return new OrganizationEntry(revision, decoded.Meta, decoded.Event, entry.Manifest);
        }
        catch (FormatException e)
        {
            throw new MeshUnavailableException($"Entry {revision} of organization '{organization}' cannot be read: {e.Message}", e);
        }
    }
}
