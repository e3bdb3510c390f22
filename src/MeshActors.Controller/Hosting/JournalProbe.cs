using MeshActors.Controller.DataDirectory;
using Microsoft.Data.Sqlite;

namespace MeshActors.Controller.Hosting;

/// <summary>Reads from the journal's file: an entity in memory answers even when its disk is gone.</summary>
internal sealed class JournalProbe(DataDir directory)
{
    /// <summary>Null when it answers, else why not.</summary>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        var source = new SqliteConnectionStringBuilder { DataSource = directory.Journal, Mode = SqliteOpenMode.ReadOnly, DefaultTimeout = 1 };
        try
        {
            var connection = new SqliteConnection(source.ToString());
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                var command = connection.CreateCommand();
                await using (command.ConfigureAwait(false))
                {
                    command.CommandText = "SELECT count(*) FROM sqlite_master";
                    await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
                    return null;
                }
            }
        }
        catch (SqliteException fault)
        {
            return $"The journal {directory.Journal} does not answer: {fault.Message}";
        }
    }
}
