using System.Data.Common;
using MeshActors.Cluster.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MeshActors.ActorTests.Support;

/// <summary>
/// The journal of a test: a SQLite file in the test's directory, or a database of its own on a real PostgreSQL server
/// when MESH_TEST_JOURNAL says postgres. The same tests run on both.
/// </summary>
internal static class TestJournal
{
    public static readonly bool IsPostgres = Environment.GetEnvironmentVariable("MESH_TEST_JOURNAL") == "postgres";

    public static JournalDatabase In(string directory) =>
        IsPostgres ? new PostgresDatabase(new NpgsqlConnectionStringBuilder(Postgres(directory))) : new SqliteDatabase(SqliteFile(directory));

    /// <summary>As --database says it; null for SQLite.</summary>
    public static string? OptionFor(string directory) => IsPostgres ? Postgres(directory) : null;

    /// <summary>Past the software, as somebody who holds the database's password. Its guards are off.</summary>
    public static T Run<T>(string directory, string sql, Func<DbCommand, T> run)
    {
        using DbConnection connection = IsPostgres
            ? new NpgsqlConnection(Postgres(directory) + ";Pooling=False")
            : new SqliteConnection($"Data Source={SqliteFile(directory)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return run(command);
    }

    public static void Unguard(string directory) => Run(
        directory,
        IsPostgres ? "ALTER TABLE journal DISABLE TRIGGER USER" : "DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete",
        command => command.ExecuteNonQuery());

    private static string Postgres(string directory) => PostgresServer.DatabaseFor(Path.GetFileName(directory.TrimEnd('/')));

    private static string SqliteFile(string directory) => Path.Combine(directory, "mesh.db");
}
