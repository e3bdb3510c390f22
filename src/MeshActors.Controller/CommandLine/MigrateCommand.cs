using System.CommandLine;
using MeshActors.Cluster;
using MeshActors.Cluster.Storage;
using MeshActors.Controller.Hosting;

namespace MeshActors.Controller.CommandLine;

/// <summary><c>mesh-controller migrate</c>: the journal's tables, for operators who give the controllers no right to make them.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var command = new Command("migrate", """
            Makes the journal's tables, or brings them to this build's version, and ends.
            A start does the same by itself. It runs under a lock; run it any number of times, beside running controllers.
            """)
        {
            ServeOptions.DataDir, ServeOptions.Database, ServeOptions.DatabaseFile,
        };
        command.SetAction((parsed, stopping) => ControllerCommand.GuardAsync(() => RunAsync(new ControllerOptions
        {
            DataDirectory = Path.GetFullPath(parsed.GetRequiredValue(ServeOptions.DataDir)),
            Database = parsed.GetValue(ServeOptions.Database),
            DatabaseFile = parsed.GetValue(ServeOptions.DatabaseFile),
        }, stopping)));
        return command;
    }

    private static async Task RunAsync(ControllerOptions options, CancellationToken stopping)
    {
        var journal = DatabaseUrl.Open(options, Path.Combine(options.DataDirectory, DataDirectory.DataDir.JournalFile));
        try
        {
            var applied = await JournalSchema.MigrateAsync(journal, stopping).ConfigureAwait(false);
            await Console.Out.WriteLineAsync(applied.Count == 0
                ? $"{journal.Name}: nothing to do, its tables are of this build's version."
                : $"{journal.Name}: applied {string.Join(", ", applied)}.").ConfigureAwait(false);
        }
        catch (MeshUnavailableException fault)
        {
            throw StartException.Host(fault.Message, fault);
        }
    }
}
