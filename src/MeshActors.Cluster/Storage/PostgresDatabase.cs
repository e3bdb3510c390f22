using System.Data;
using System.Data.Common;
using LinqToDB;
using MeshActors.Cluster.Serialization;
using Npgsql;

namespace MeshActors.Cluster.Storage;

/// <summary>A database that the processes of one cluster share, and no other cluster.</summary>
public sealed record PostgresDatabase : JournalDatabase
{
    /// <summary>Connections of one process: three writers, 20 recoveries, and readers. Three processes fit into a server's usual 100.</summary>
    private const int ConnectionsMax = 30;

    /// <summary>Seconds for a connection, and for a statement: longer than both ends a call of the journal anyway.</summary>
    private const int ConnectSecondsMax = 5;
    private const int StatementSecondsMax = 10;

    /// <summary>Statements that are prepared once per connection; the journal has about ten.</summary>
    private const int PreparedMax = 50;

    /// <summary>Names the lock of schema changes among the database's advisory locks; any number of one's own.</summary>
    private const long SchemaLock = 0x6D65_7368_0001;

    private const string Copy = """
        COPY journal (created, deleted, persistence_id, sequence_number, message, tags, manifest, identifier, writer_uuid)
        FROM STDIN (FORMAT BINARY)
        """;

    private readonly string _connection;

    /// <param name="connection">As the operator gave it; what it does not say is set here.</param>
    public PostgresDatabase(NpgsqlConnectionStringBuilder connection)
    {
        var full = new NpgsqlConnectionStringBuilder(connection.ConnectionString);
        Default(full, "Maximum Pool Size", ConnectionsMax);
        Default(full, "Timeout", ConnectSecondsMax);
        Default(full, "Command Timeout", StatementSecondsMax);
        Default(full, "Max Auto Prepare", PreparedMax);
        Default(full, "No Reset On Close", true);
        Default(full, "Application Name", "mesh-controller");
        _connection = full.ConnectionString;
        Name = $"PostgreSQL database '{full.Database ?? full.Username}' at {full.Host}:{full.Port}";
    }

    public override string Kind => "PostgreSQL";

    public override string Name { get; }

    internal override string HoconFile => "persistence-postgres.conf";

    internal override string SchemaFolder => "Postgres";

    internal override string LockSchema => $"SELECT pg_advisory_xact_lock({SchemaLock})";

    internal override DataOptions Options() => new DataOptions()
        .UseConnectionString(ProviderName.PostgreSQL15, _connection)
        .UseDataProvider(new RowInserts.Postgres());

    internal override DbConnection Connect() => new NpgsqlConnection(_connection);

    internal override async Task<DbTransaction> BeginDerivedAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
        // Of this transaction alone: the connection goes back to the pool, where the journal takes it.
        var command = connection.CommandOf(transaction, "SET LOCAL synchronous_commit = off");
        await using var ends = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return transaction;
    }

    internal override async Task<DbTransaction> BeginReadAsync(DbConnection connection, CancellationToken cancellationToken) =>
        await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);

    internal override bool HasOneWriter => false;

    internal override async Task InsertAsync(
        DbConnection connection, DbTransaction transaction, TableColumns table, IEnumerable<object?[]> rows, CancellationToken cancellationToken)
    {
        var copy = await ((NpgsqlConnection)connection).BeginBinaryImportAsync(
            $"COPY {table.Table} ({string.Join(", ", table.Columns)}) FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
        await using var ends = copy.ConfigureAwait(false);
        foreach (var row in rows)
        {
            await copy.WriteRowAsync(cancellationToken, row).ConfigureAwait(false);
        }

        await copy.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    internal override async Task AppendAsync(string entity, long first, IReadOnlyList<JournalEntry> rows, Task<bool> areSound)
    {
        var connection = new NpgsqlConnection(_connection);
        await using var ends = connection.ConfigureAwait(false);
        await connection.OpenAsync().ConfigureAwait(false);
        var copy = await connection.BeginBinaryImportAsync(Copy).ConfigureAwait(false);
        await using var endsToo = copy.ConfigureAwait(false);
        var now = Now;
        for (var i = 0; i < rows.Count; i++)
        {
            await copy.WriteRowAsync(default, now, false, entity, first + i, rows[i].Bytes, "", rows[i].Manifest, JournalSerializer.Id, Writer).ConfigureAwait(false);
        }

        // One that ends without it has stored nothing.
        if (await areSound.ConfigureAwait(false))
        {
            await copy.CompleteAsync().ConfigureAwait(false);
        }
    }

    internal override async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        try
        {
            var connection = Connect();
            await using var ends = connection.ConfigureAwait(false);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            var command = connection.CreateCommand();
            await using var endsToo = command.ConfigureAwait(false);
            command.CommandText = "SELECT pg_is_in_recovery()";
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true
                ? $"{Name} is a replica that takes no writes; promote it, or name the primary."
                : null;
        }
        catch (DbException fault)
        {
            return $"{Name} does not answer: {fault.Message}";
        }
    }

    /// <summary>Without the connection string: it may hold a password.</summary>
    public override string ToString() => Name;

    private static void Default(NpgsqlConnectionStringBuilder builder, string keyword, object value)
    {
        // Not ContainsKey: Npgsql's says whether there is such a keyword.
        if (!builder.ShouldSerialize(keyword))
        {
            builder[keyword] = value;
        }
    }
}
