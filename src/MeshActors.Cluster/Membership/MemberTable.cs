using System.Data.Common;
using MeshActors.Cluster.Storage;

namespace MeshActors.Cluster.Membership;

/// <summary>The shared database's table of processes. Its clock is the database's, so that no host's clock matters.</summary>
/// <param name="gateway">Where agents reach this process; null when it serves none.</param>
internal sealed class MemberTable(PostgresDatabase database, string address, string? gateway, string incarnation)
{
    /// <summary>Names the lock of founding among the database's advisory locks.</summary>
    private const long FoundingLock = 0x6D65_7368_0002;

    /// <summary>A row that was not renewed for so long is of a dead process: five renewals were missed.</summary>
    public const int FreshSeconds = 15;

    private const int ForgottenAfterDays = 1;

    /// <summary>Writes this process's row. Rows of the same address are of its dead predecessor.</summary>
    public Task AnnounceAsync(bool isMember, CancellationToken cancellationToken) => WithAsync(
        """
        INSERT INTO mesh_member (address, incarnation, is_member, gateway_url, seen_at) VALUES (@address, @incarnation, @member, @gateway, now())
        ON CONFLICT (address) DO UPDATE SET incarnation = excluded.incarnation, is_member = excluded.is_member,
            gateway_url = excluded.gateway_url, seen_at = excluded.seen_at
        """,
        async command =>
        {
            Add(command, "@member", isMember);
            Add(command, "@gateway", (object?)gateway ?? DBNull.Value);
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }, cancellationToken);

    /// <summary>The others that say they are members, and how long ago they said so.</summary>
    public Task<List<KnownMember>> OthersAsync(CancellationToken cancellationToken) => WithAsync(
        "SELECT address, extract(epoch FROM now() - seen_at)::float8, gateway_url FROM mesh_member WHERE is_member AND address <> @address ORDER BY address",
        async command =>
        {
            var rows = new List<KnownMember>();
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var ends = reader.ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(new KnownMember(reader.GetString(0), TimeSpan.FromSeconds(reader.GetDouble(1)), reader.IsDBNull(2) ? null : reader.GetString(2)));
            }

            return rows;
        }, cancellationToken);

    /// <summary>Makes this process the first member, unless another lives or was quicker.</summary>
    public async Task<bool> TryFoundAsync(CancellationToken cancellationToken)
    {
        var connection = database.Connect();
        await using var ends = connection.ConfigureAwait(false);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var endsToo = transaction.ConfigureAwait(false);
        await RunAsync(connection, transaction, $"SELECT pg_advisory_xact_lock({FoundingLock})", cancellationToken).ConfigureAwait(false);
        var founded = await RunAsync(connection, transaction,
            $"""
            UPDATE mesh_member SET is_member = true, seen_at = now() WHERE address = @address AND incarnation = @incarnation AND NOT EXISTS (
                SELECT FROM mesh_member WHERE is_member AND address <> @address AND seen_at > now() - interval '{FreshSeconds} s')
            """, cancellationToken).ConfigureAwait(false) == 1;
        await RunAsync(connection, transaction,
            $"DELETE FROM mesh_member WHERE seen_at < now() - interval '{ForgottenAfterDays} d'", cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return founded;
    }

    public Task LeaveAsync(CancellationToken cancellationToken) => WithAsync(
        "DELETE FROM mesh_member WHERE address = @address AND incarnation = @incarnation",
        async command => await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false), cancellationToken);

    private async Task<T> WithAsync<T>(string text, Func<DbCommand, Task<T>> run, CancellationToken cancellationToken)
    {
        var connection = database.Connect();
        await using var ends = connection.ConfigureAwait(false);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        var command = CommandOf(connection, text);
        await using var endsToo = command.ConfigureAwait(false);
        return await run(command).ConfigureAwait(false);
    }

    private async Task<int> RunAsync(DbConnection connection, DbTransaction transaction, string text, CancellationToken cancellationToken)
    {
        var command = CommandOf(connection, text);
        await using var ends = command.ConfigureAwait(false);
        command.Transaction = transaction;
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private DbCommand CommandOf(DbConnection connection, string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        Add(command, "@address", address);
        Add(command, "@incarnation", incarnation);
        return command;
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}

/// <param name="Address">As Akka writes it.</param>
/// <param name="Silence">Since its last sign of life.</param>
/// <param name="GatewayUrl">Where agents reach it; null when it serves none.</param>
internal sealed record KnownMember(string Address, TimeSpan Silence, string? GatewayUrl)
{
    public bool IsFresh => Silence < TimeSpan.FromSeconds(MemberTable.FreshSeconds);
}
