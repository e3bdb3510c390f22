using System.Data.Common;
using System.Runtime.CompilerServices;
using MeshActors.Cluster.Entities;
using MeshActors.Contracts.History;
using MeshActors.Domain;

namespace MeshActors.Cluster;

/// <summary>
/// Reads an organization's rows from the journal's table, a page at a time as fast as the reader takes them. Nothing is
/// decoded, and no read stays open between pages: a slow reader holds neither the database nor memory.
/// </summary>
/// <param name="connect">A new connection, closed.</param>
internal sealed class OrganizationRows(Func<DbConnection> connect)
{
    /// <summary>Rows of a page: about 200 KB of them, and a few milliseconds.</summary>
    public const int PageRows = 1_000;

    // The same on every database that the journal can be in.
    private const string Query = """
        SELECT sequence_number, manifest, message FROM journal
        WHERE persistence_id = @entity AND sequence_number >= @from AND sequence_number <= @to
        ORDER BY sequence_number LIMIT @limit
        """;

    /// <param name="to">The last revision wanted; 0 for the newest.</param>
    /// <exception cref="MeshUnavailableException">The journal cannot be read.</exception>
    public async IAsyncEnumerable<IReadOnlyList<JournalRow>> ReadAsync(
        OrganizationId organization, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = to > 0 ? to : long.MaxValue;
        var page = await PageAsync(organization, Math.Max(1, from), last, cancellationToken).ConfigureAwait(false);
        while (page.Count == PageRows)
        {
            // The next is read while this one is used. SQLite reads on the thread that asks.
            var next = page[^1].Revision + 1;
            var ahead = Task.Run(() => PageAsync(organization, next, last, cancellationToken), cancellationToken);
            yield return page;
            page = await ahead.ConfigureAwait(false);
        }

        if (page.Count > 0)
        {
            yield return page;
        }
    }

    private async Task<List<JournalRow>> PageAsync(OrganizationId organization, long from, long to, CancellationToken cancellationToken)
    {
        try
        {
            var connection = connect();
            await using var ends = connection.ConfigureAwait(false);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            var command = connection.CreateCommand();
            await using var endsToo = command.ConfigureAwait(false);
            command.CommandText = Query;
            Add(command, "entity", OrganizationActor.PersistenceIdOf(organization));
            Add(command, "from", from);
            Add(command, "to", to);
            Add(command, "limit", PageRows);
            return await ReadAsync(command, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e)
        {
            throw new MeshUnavailableException($"The journal of organization '{organization}' cannot be read: {e.Message}", e);
        }
    }

    private static async Task<List<JournalRow>> ReadAsync(DbCommand command, CancellationToken cancellationToken)
    {
        var rows = new List<JournalRow>(PageRows);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ends = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var manifest = reader.IsDBNull(1) ? "" : string.Intern(reader.GetString(1));
            rows.Add(new JournalRow(reader.GetInt64(0), manifest, reader.GetFieldValue<byte[]>(2)));
        }

        return rows;
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
