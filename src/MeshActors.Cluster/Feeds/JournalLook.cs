using System.Data.Common;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Projections;
using MeshActors.Cluster.Storage;
using MeshActors.Domain;

namespace MeshActors.Cluster.Feeds;

/// <summary>
/// How far the journals go that have grown of late, from the database alone: whatever a cluster that was broken believes
/// about where an organization lives, this tells that somebody has stored for it.
/// </summary>
/// <remarks>One look at a time.</remarks>
internal sealed class JournalLook(Func<DbConnection> connect)
{
    private const string Newest = "SELECT coalesce(max(ordering), 0) FROM journal";

    private const string Grown = """
        SELECT persistence_id, max(sequence_number), max(ordering) FROM journal
        WHERE ordering > @after AND persistence_id LIKE @organizations GROUP BY persistence_id
        """;

    private static readonly string Prefix = OrganizationActor.PersistenceIdOf(default);

    private long? _seen;
    private long _seenBefore;

    /// <param name="begun">Those that are looked at for the first time: however long ago their journals grew.</param>
    public async Task<IReadOnlyDictionary<OrganizationId, long>> ReadAsync(IReadOnlyCollection<OrganizationId> begun, CancellationToken cancellationToken)
    {
        var connection = connect();
        await using var ends = connection.ConfigureAwait(false);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        var heads = await GrownAsync(connection, cancellationToken).ConfigureAwait(false);
        foreach (var organization in begun)
        {
            heads[organization] = await JournalHeads.HeadAsync(connection, null, organization, cancellationToken).ConfigureAwait(false);
        }

        return heads;
    }

    private async Task<Dictionary<OrganizationId, long>> GrownAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        if (_seen is not { } seen)
        {
            var newest = await connection.CommandOf(null, Newest).ReadAllAsync(reader => reader.GetInt64(0), cancellationToken).ConfigureAwait(false);
            (_seen, _seenBefore) = (newest[0], newest[0]);
            return [];
        }

        // Each row twice: one may be committed after others that have higher numbers.
        var rows = await connection.CommandOf(null, Grown, ("@after", _seenBefore), ("@organizations", Prefix + "%")).ReadAllAsync(
            reader => (Entity: reader.GetString(0), Revision: reader.GetInt64(1), Ordering: reader.GetInt64(2)), cancellationToken).ConfigureAwait(false);
        (_seen, _seenBefore) = (rows.Select(row => row.Ordering).Append(seen).Max(), seen);
        return rows.ToDictionary(row => OrganizationId.Parse(row.Entity[Prefix.Length..]), row => row.Revision);
    }
}
