using System.Data.Common;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Serialization;
using MeshActors.Cluster.Storage;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using Directory = MeshActors.Domain.Directories.Directory;

namespace MeshActors.Cluster.Projections;

/// <summary>Which organizations a journal has, and how far each goes, from the database alone: an index look-up each.</summary>
internal sealed class JournalHeads(ProjectionTables tables)
{
    private DirectoryState _directory = DirectoryState.Initial;
    private long _directoryRevision;

    /// <summary>Those of the directory, with those that have a view already.</summary>
    public async Task<IReadOnlyDictionary<OrganizationId, long>> ReadAsync(CancellationToken cancellationToken)
    {
        var views = await tables.AllAsync(cancellationToken).ConfigureAwait(false);
        return await tables.ReadAsync(async (connection, transaction, token) =>
        {
            await ReadDirectoryAsync(connection, transaction, token).ConfigureAwait(false);
            var heads = new Dictionary<OrganizationId, long>();
            foreach (var organization in _directory.Organizations.Concat(views.Select(view => view.Organization)).Distinct())
            {
                heads[organization] = await HeadAsync(connection, transaction, organization, token).ConfigureAwait(false);
            }

            return heads;
        }, cancellationToken).ConfigureAwait(false);
    }

    public static async Task<long> HeadAsync(DbConnection connection, DbTransaction? transaction, OrganizationId organization, CancellationToken cancellationToken)
    {
        var command = connection.CommandOf(transaction, "SELECT max(sequence_number) FROM journal WHERE persistence_id = @entity",
            ("@entity", OrganizationActor.PersistenceIdOf(organization)));
        return (await command.ReadAllAsync(reader => reader.IsDBNull(0) ? 0 : reader.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];
    }

    private async Task ReadDirectoryAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancellationToken)
    {
        var command = connection.CommandOf(transaction,
            "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = @entity AND sequence_number > @after ORDER BY sequence_number",
            ("@entity", DirectoryActor.EntityId), ("@after", _directoryRevision));
        var rows = await command.ReadAllAsync(
            reader => (Revision: reader.GetInt64(0), Entry: new JournalEntry(reader.GetString(1), reader.GetFieldValue<byte[]>(2))), cancellationToken).ConfigureAwait(false);
        foreach (var (revision, entry) in rows)
        {
            _directory = Directory.Evolve(_directory, DirectoryJournal.Codec.Decode(entry).Event);
            _directoryRevision = revision;
        }
    }
}
