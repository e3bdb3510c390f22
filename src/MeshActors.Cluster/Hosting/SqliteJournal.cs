using System.Data.Common;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using Microsoft.Data.Sqlite;

namespace MeshActors.Cluster.Hosting;

/// <summary>The connection to the journal's file.</summary>
internal static class SqliteJournal
{
    /// <summary>
    /// A write-ahead log lets readers and the writer work side by side; it stays in the file. FULL waits for the disk at
    /// every commit: an answered allocation survives a power cut. It belongs to the connection, so each one says it.
    /// </summary>
    private const string Pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

    /// <summary>Seconds that a connection waits for the lock: far longer than any transaction here.</summary>
    private const int LockSecondsMax = 30;

    public static DataOptionsSetup Setup(string file) => new(new DataOptions()
        .UseConnectionString(ProviderName.SQLiteMS, ConnectionString(file))
        .UseAfterConnectionOpened(Apply, ApplyAsync));

    /// <summary>To read: the pragmas are the writer's.</summary>
    public static DbConnection Connect(string file) => new SqliteConnection(ConnectionString(file));

    private static string ConnectionString(string file) =>
        new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = LockSecondsMax }.ToString();

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
