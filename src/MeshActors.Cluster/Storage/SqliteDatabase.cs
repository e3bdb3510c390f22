using System.Data.Common;
using LinqToDB;
using MeshActors.Cluster.Serialization;
using Microsoft.Data.Sqlite;

namespace MeshActors.Cluster.Storage;

/// <summary>One file, for one process.</summary>
public sealed record SqliteDatabase(string File) : JournalDatabase
{
    /// <summary>
    /// A write-ahead log lets readers and the writer work side by side; it stays in the file. FULL waits for the disk at
    /// every commit: an answered allocation survives a power cut. It belongs to the connection, so each one says it; and
    /// SQLite's own 2,000 KiB of pages, for one that comes from the pool and wrote projections before.
    /// </summary>
    private const string Pragmas = $"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2000; {Wait}";

    /// <summary>
    /// Milliseconds in which SQLite itself asks for a lock again and again, after one at first. Without it the library asks
    /// every 150, and a join that met another writer's short transaction would wait for so long.
    /// </summary>
    private const string Wait = "PRAGMA busy_timeout = 30000;";

    private const string Insert = """
        INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, tags, manifest, identifier, writer_uuid)
        VALUES (@now, 0, @entity, @number, @message, '', @manifest, @identifier, @writer)
        """;

    /// <summary>
    /// KiB of pages that a connection may hold which writes projections: their indexes are written all over, and with
    /// SQLite's 2 MB the same pages go out and come back in one transaction.
    /// </summary>
    private const string Cache = "PRAGMA cache_size = -32768;";

    /// <summary>Seconds that a connection waits for the lock: far longer than any transaction here.</summary>
    private const int LockSecondsMax = 30;

    /// <summary>With less the next checkpoint of the write-ahead log may not fit.</summary>
    private const long FreeBytesMin = 4 * 1024 * 1024;

    public override string Kind => "SQLite";

    public override string Name => File;

    internal override string HoconFile => "persistence-sqlite.conf";

    internal override string SchemaFolder => "Sqlite";

    // The transaction that makes the schema takes the file's lock itself.
    internal override string LockSchema => "SELECT 1";

    internal override DataOptions Options() => new DataOptions()
        .UseConnectionString(ProviderName.SQLiteMS, Text(SqliteOpenMode.ReadWriteCreate, LockSecondsMax))
        .UseDataProvider(new RowInserts.Sqlite(Connection))
        .UseAfterConnectionOpened(Apply, ApplyAsync);

    internal override DbConnection Connect() => Connection(Text(SqliteOpenMode.ReadWriteCreate, LockSecondsMax));

    internal override async Task<DbTransaction> BeginDerivedAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        // Of this connection until the journal takes it from the pool, which says its own.
        var command = connection.CommandOf(null, $"PRAGMA synchronous = NORMAL; {Cache} {Wait}");
        await using var ends = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return ((SqliteConnection)connection).BeginTransaction(deferred: false);
    }

    internal override Task<DbTransaction> BeginReadAsync(DbConnection connection, CancellationToken cancellationToken) =>
        Task.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(deferred: true));

    internal override bool HasOneWriter => true;

    // One row a statement, prepared once: the library looks for each parameter among all of them, and many rows have many.
    internal override Task InsertAsync(
        DbConnection connection, DbTransaction transaction, TableColumns table, IEnumerable<object?[]> rows, CancellationToken cancellationToken)
    {
        var names = table.Columns.Select(column => $"@{column}");
        using var command = ((SqliteConnection)connection).CreateCommand();
        command.Transaction = (SqliteTransaction)transaction;
        command.CommandText = $"INSERT INTO {table.Table} ({string.Join(", ", table.Columns)}) VALUES ({string.Join(", ", names)})";
        command.Parameters.AddRange(names.Select(name => new SqliteParameter { ParameterName = name }));
        foreach (var row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < row.Length; i++)
            {
                command.Parameters[i].Value = row[i] ?? DBNull.Value;
            }

            command.ExecuteNonQuery();
        }

        return Task.CompletedTask;
    }

    // It has no asynchronous calls: what looks like one blocks.
    internal override Task AppendAsync(string entity, long first, IReadOnlyList<JournalEntry> rows, Task<bool> areSound) => Task.Run(async () =>
    {
        using var connection = Connection(Text(SqliteOpenMode.ReadWriteCreate, LockSecondsMax));
        connection.Open();
        Apply(connection);
        using var transaction = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = Insert;
        command.Parameters.AddWithValue("@now", Now);
        command.Parameters.AddWithValue("@entity", entity);
        command.Parameters.AddWithValue("@identifier", JournalSerializer.Id);
        command.Parameters.AddWithValue("@writer", Writer);
        var number = command.Parameters.Add("@number", SqliteType.Integer);
        var message = command.Parameters.Add("@message", SqliteType.Blob);
        var manifest = command.Parameters.Add("@manifest", SqliteType.Text);
        for (var i = 0; i < rows.Count; i++)
        {
            (number.Value, message.Value, manifest.Value) = (first + i, rows[i].Bytes, rows[i].Manifest);
            command.ExecuteNonQuery();
        }

        if (await areSound.ConfigureAwait(false))
        {
            transaction.Commit();
        }
    });

    internal override async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        try
        {
            var connection = new SqliteConnection(Text(SqliteOpenMode.ReadOnly, lockSeconds: 1));
            await using var ends = connection.ConfigureAwait(false);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            var command = connection.CreateCommand();
            await using var endsToo = command.ConfigureAwait(false);
            command.CommandText = "SELECT count(*) FROM sqlite_master";
            await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            return new DriveInfo(Path.GetDirectoryName(File)!).AvailableFreeSpace >= FreeBytesMin ? null
                : $"The disk of the journal {File} is full: nothing can be stored. Give it free space.";
        }
        catch (Exception fault) when (fault is SqliteException or IOException or UnauthorizedAccessException)
        {
            return $"The journal {File} does not answer: {fault.Message}";
        }
    }

    private SqliteWriter Connection(string text) =>
        new(text, SqliteWriter.Line.Of(File), TimeSpan.FromSeconds(LockSecondsMax));

    private string Text(SqliteOpenMode mode, int lockSeconds) =>
        new SqliteConnectionStringBuilder { DataSource = File, Mode = mode, DefaultTimeout = lockSeconds }.ToString();

    private static void Apply(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    private static async Task ApplyAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using var ends = command.ConfigureAwait(false);
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
