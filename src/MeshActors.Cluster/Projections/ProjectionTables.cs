using System.Data.Common;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Storage;
using MeshActors.Domain;

namespace MeshActors.Cluster.Projections;

/// <summary>The views of a database: which there are, and how they begin and end.</summary>
internal sealed class ProjectionTables(JournalDatabase database)
{
    /// <summary>Rows that one transaction deletes: some milliseconds of the one writer that SQLite lets write.</summary>
    private const int DeletedAtOnce = 2_000;

    private const string Columns = "view, organization, state, revision, hash, peak_ms, setback_ms";

    /// <summary>The tables with a view's rows, and the rest of each one's key.</summary>
    private static readonly (string Table, string Key)[] Rows =
    [
        ("projected_event", "revision"),
        ("projected_network", "network, revision"),
        ("projected_holding", "network, kind"),
        ("projected_node", "node"),
    ];

    /// <summary>All that are not given up.</summary>
    public Task<List<ProjectedView>> AllAsync(CancellationToken cancellationToken) => WithAsync(
        (connection, token) => connection.CommandOf(null, $"SELECT {Columns} FROM projection WHERE state < 2 ORDER BY organization").ReadAllAsync(Read, token),
        cancellationToken);

    public Task<ProjectedView?> FindAsync(OrganizationId organization, ViewState state, CancellationToken cancellationToken) => WithAsync(
        (connection, token) => FindAsync(connection, null, organization, state, token), cancellationToken);

    /// <param name="transaction">Null for none.</param>
    public static async Task<ProjectedView?> FindAsync(
        DbConnection connection, DbTransaction? transaction, OrganizationId organization, ViewState state, CancellationToken cancellationToken)
    {
        var command = connection.CommandOf(transaction, $"SELECT {Columns} FROM projection WHERE organization = @organization AND state = @state",
            ("@organization", organization.Value), ("@state", (int)state));
        return (await command.ReadAllAsync(Read, cancellationToken).ConfigureAwait(false)).SingleOrDefault();
    }

    /// <summary>An empty view, or the one that another process has just begun.</summary>
    public async Task<ProjectedView> BeginAsync(OrganizationId organization, ViewState state, CancellationToken cancellationToken)
    {
        await WriteAsync((connection, transaction, token) => connection.CommandOf(transaction,
            """
            INSERT INTO projection (organization, state, revision, hash, peak_ms, setback_ms) VALUES (@organization, @state, 0, @hash, 0, 0)
            ON CONFLICT DO NOTHING
            """,
            ("@organization", organization.Value), ("@state", (int)state), ("@hash", Array.Empty<byte>())).RunAsync(token), cancellationToken).ConfigureAwait(false);
        return await FindAsync(organization, state, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshUnavailableException($"The projection of organization '{organization}' was given up by another process just now; try again.");
    }

    /// <summary>The number of the row that was last stored in the journal, of whomever; 0 for none.</summary>
    public Task<long> NewestRowAsync(CancellationToken cancellationToken) => WithAsync(async (connection, token) =>
        (await connection.CommandOf(null, "SELECT coalesce(max(ordering), 0) FROM journal").ReadAllAsync(reader => reader.GetInt64(0), token).ConfigureAwait(false))[0],
        cancellationToken);

    /// <summary>Nobody reads it any more, and its rows may be deleted.</summary>
    public Task GiveUpAsync(ProjectedView view, CancellationToken cancellationToken) => WriteAsync(
        (connection, transaction, token) => connection.CommandOf(transaction,
            "UPDATE projection SET state = 2 WHERE view = @view", ("@view", view.View)).RunAsync(token), cancellationToken);

    /// <summary>
    /// The new view serves in the other's place, from one moment to the next. False when the other one has gone further;
    /// one that goes beyond the journal is of another journal, and not waited for.
    /// </summary>
    public Task<bool> TrySwitchAsync(ProjectedView made, CancellationToken cancellationToken) => WriteAsync(async (connection, transaction, token) =>
    {
        // The first statement locks the row of the one that serves: its projector waits, and then finds that it was given up.
        await connection.CommandOf(transaction,
            """
            UPDATE projection SET state = 2 WHERE organization = @organization AND state = 1
            AND (revision <= @revision OR revision > (SELECT coalesce(max(sequence_number), 0) FROM journal WHERE persistence_id = @entity))
            AND EXISTS (SELECT 1 FROM projection made WHERE made.view = @view AND made.state = 0)
            """,
            ("@organization", made.Organization.Value), ("@revision", made.Revision), ("@view", made.View),
            ("@entity", OrganizationActor.PersistenceIdOf(made.Organization))).RunAsync(token).ConfigureAwait(false);
        return await connection.CommandOf(transaction,
            """
            UPDATE projection SET state = 1 WHERE view = @view AND state = 0 AND revision = @revision
            AND NOT EXISTS (SELECT 1 FROM projection other WHERE other.organization = @organization AND other.state = 1)
            """,
            ("@view", made.View), ("@revision", made.Revision), ("@organization", made.Organization.Value)).RunAsync(token).ConfigureAwait(false) == 1;
    }, cancellationToken);

    /// <summary>Deletes what given-up views have left, in short transactions.</summary>
    /// <param name="pace">Waited for after each.</param>
    public async Task SweepAsync(Func<CancellationToken, Task> pace, CancellationToken cancellationToken)
    {
        var left = await WithAsync((connection, token) => connection.CommandOf(null, "SELECT view FROM projection WHERE state = 2")
            .ReadAllAsync(reader => reader.GetInt64(0), token), cancellationToken).ConfigureAwait(false);
        foreach (var view in left)
        {
            foreach (var (table, key) in Rows)
            {
                // A row value, since SQLite's tables without row ids have nothing shorter to name a row by.
                var text = $"DELETE FROM {table} WHERE view = @view AND ({key}) IN (SELECT {key} FROM {table} WHERE view = @view LIMIT {DeletedAtOnce})";
                while (await WriteAsync((connection, transaction, token) => connection.CommandOf(transaction, text, ("@view", view)).RunAsync(token), cancellationToken).ConfigureAwait(false) > 0)
                {
                    await pace(cancellationToken).ConfigureAwait(false);
                }
            }

            await WriteAsync((connection, transaction, token) => connection.CommandOf(transaction,
                "DELETE FROM projection WHERE view = @view AND state = 2", ("@view", view)).RunAsync(token), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="MeshUnavailableException">The database does not answer.</exception>
    private async Task<T> WithAsync<T>(Func<DbConnection, CancellationToken, Task<T>> run, CancellationToken cancellationToken)
    {
        try
        {
            var connection = database.Connect();
            await using var ends = connection.ConfigureAwait(false);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return await run(connection, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e)
        {
            throw new MeshUnavailableException($"{database.Name}: the projections can be neither read nor written: {e.Message}", e);
        }
    }

    /// <summary>All of it in one transaction.</summary>
    public Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, CancellationToken, Task<T>> run, CancellationToken cancellationToken) => WithAsync(async (connection, token) =>
    {
        var transaction = await database.BeginDerivedAsync(connection, token).ConfigureAwait(false);
        await using var ends = transaction.ConfigureAwait(false);
        var result = await run(connection, transaction, token).ConfigureAwait(false);
        await transaction.CommitAsync(token).ConfigureAwait(false);
        return result;
    }, cancellationToken);

    /// <summary>All of it of one moment.</summary>
    public Task<T> ReadAsync<T>(Func<DbConnection, DbTransaction, CancellationToken, Task<T>> run, CancellationToken cancellationToken) => WithAsync(async (connection, token) =>
    {
        var transaction = await database.BeginReadAsync(connection, token).ConfigureAwait(false);
        await using var ends = transaction.ConfigureAwait(false);
        return await run(connection, transaction, token).ConfigureAwait(false);
    }, cancellationToken);

    private static ProjectedView Read(DbDataReader reader) => new(
        reader.GetInt64(0),
        OrganizationId.Parse(reader.GetString(1)),
        (ViewState)reader.GetInt32(2),
        reader.GetInt64(3),
        reader.GetFieldValue<byte[]>(4),
        reader.GetInt64(5),
        reader.GetInt64(6));
}
