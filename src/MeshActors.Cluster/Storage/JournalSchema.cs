using System.Data.Common;
using System.Globalization;
using System.Reflection;

namespace MeshActors.Cluster.Storage;

/// <summary>
/// Brings a database's schema to this build's version: numbered scripts, each applied once, all in one transaction under
/// a lock, so that processes that start together do not trip over each other.
/// </summary>
public static class JournalSchema
{
    private const string VersionTable = "CREATE TABLE IF NOT EXISTS mesh_schema (version integer PRIMARY KEY)";

    /// <returns>The numbers of the scripts that were applied now.</returns>
    /// <exception cref="MeshUnavailableException">It does not answer, is of a newer build, or forbids it.</exception>
    public static async Task<IReadOnlyList<int>> MigrateAsync(JournalDatabase database, CancellationToken cancellationToken)
    {
        try
        {
            var connection = database.Connect();
            await using var ends = connection.ConfigureAwait(false);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return await MigrateAsync(database, connection, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException fault)
        {
            throw new MeshUnavailableException($"{database.Name}: the journal's tables can be neither found nor made: {fault.Message}", fault);
        }
    }

    private static async Task<IReadOnlyList<int>> MigrateAsync(JournalDatabase database, DbConnection connection, CancellationToken cancellationToken)
    {
        var scripts = Scripts(database);
        // Nearly every start finds it whole, and a user without rights to make tables need only read.
        if (await VersionAsync(connection, cancellationToken).ConfigureAwait(false) is { } ready && ready == scripts[^1].Version)
        {
            return [];
        }

        var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.Serializable, cancellationToken).ConfigureAwait(false);
        await using var ends = transaction.ConfigureAwait(false);
        await RunAsync(connection, transaction, database.LockSchema, cancellationToken).ConfigureAwait(false);
        await RunAsync(connection, transaction, VersionTable, cancellationToken).ConfigureAwait(false);
        var have = await VersionAsync(connection, cancellationToken, transaction).ConfigureAwait(false) ?? 0;
        if (have > scripts[^1].Version)
        {
            throw new MeshUnavailableException(
                $"{database.Name}: its tables are of version {have}, and this build knows {scripts[^1].Version}. Run the newer build that made them.");
        }

        var applied = scripts.Where(script => script.Version > have).ToList();
        foreach (var (version, text) in applied)
        {
            await RunAsync(connection, transaction, text, cancellationToken).ConfigureAwait(false);
            await RunAsync(connection, transaction,
                string.Create(CultureInfo.InvariantCulture, $"INSERT INTO mesh_schema (version) VALUES ({version})"), cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return [.. applied.Select(script => script.Version)];
    }

    /// <summary>Null where there is no such table, or an empty one.</summary>
    private static async Task<int?> VersionAsync(DbConnection connection, CancellationToken cancellationToken, DbTransaction? transaction = null)
    {
        var command = connection.CreateCommand();
        await using var ends = command.ConfigureAwait(false);
        command.Transaction = transaction;
        command.CommandText = "SELECT max(version) FROM mesh_schema";
        try
        {
            var value = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            return value is null or DBNull ? null : Convert.ToInt32(value, CultureInfo.InvariantCulture);
        }
        catch (DbException) when (transaction is null)
        {
            // No table: PostgreSQL says 42P01, SQLite a bare error 1. Any other fault shows at the next statement.
            return null;
        }
    }

    private static async Task RunAsync(DbConnection connection, DbTransaction transaction, string text, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using var ends = command.ConfigureAwait(false);
        command.Transaction = transaction;
        command.CommandText = text;
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Embedded as <c>Storage/Postgres/001-journal.sql</c>.</summary>
    private static List<(int Version, string Text)> Scripts(JournalDatabase database)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var prefix = $"{typeof(JournalSchema).Namespace}.{database.SchemaFolder}.";
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => (int.Parse(name.AsSpan(prefix.Length, 3), CultureInfo.InvariantCulture), Read(assembly, name)))];
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
