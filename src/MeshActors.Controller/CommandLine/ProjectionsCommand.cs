using System.CommandLine;
using System.Globalization;
using MeshActors.Cluster;
using MeshActors.Cluster.Projections;
using MeshActors.Cluster.Storage;
using MeshActors.Controller.Hosting;
using MeshActors.Domain;

namespace MeshActors.Controller.CommandLine;

/// <summary><c>mesh-controller projections</c>: what lists and searches read, looked at and made anew.</summary>
internal static class ProjectionsCommand
{
    /// <summary>Between two lines of progress.</summary>
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(2);

    private static readonly Option<OrganizationId?> Org = new("--org", "--zone")
    {
        HelpName = "NAME",
        Description = "Only this organization's [default: all]",
        CustomParser = result =>
        {
            if (OrganizationId.TryParse(result.Tokens[0].Value, out var id))
            {
                return id;
            }

            result.AddError($"--org '{result.Tokens[0].Value}' is no organization's name.");
            return null;
        },
    };

    public static Command Create() => new("projections", "What lists and searches read beside the journal.") { Status(), Rebuild() };

    private static Command Status() => Make("status", "Says how far each organization's projection goes.", async (journal, organization, stopping) =>
    {
        foreach (var status in await OfAsync(new ProjectionMaintenance(journal, TimeProvider.System), organization, stopping).ConfigureAwait(false))
        {
            var making = status.Making is { } revision ? string.Create(CultureInfo.InvariantCulture, $"; a new one is at {revision:N0}") : "";
            await Console.Out.WriteLineAsync(status.Projected is { } projected
                ? string.Create(CultureInfo.InvariantCulture, $"{status.Organization}: revision {projected:N0} of {status.Journal:N0}, {status.Lag:N0} behind{making}")
                : string.Create(CultureInfo.InvariantCulture, $"{status.Organization}: none yet, and the journal has {status.Journal:N0} revisions{making}")).ConfigureAwait(false);
        }
    });

    private static Command Rebuild() => Make("rebuild", """
        Makes projections anew from the journal, beside running controllers or without any.
        The old one answers until the new one takes its place. Broken off, the same command begins again.
        """, async (journal, organization, stopping) =>
    {
        var maintenance = new ProjectionMaintenance(journal, TimeProvider.System);
        foreach (var status in await OfAsync(maintenance, organization, stopping).ConfigureAwait(false))
        {
            await RebuildAsync(maintenance, status, stopping).ConfigureAwait(false);
        }
    });

    private static async Task RebuildAsync(ProjectionMaintenance maintenance, ProjectionStatus status, CancellationToken stopping)
    {
        var began = TimeProvider.System.GetTimestamp();
        var shown = began;
        var revision = await maintenance.RebuildAsync(status.Organization, async at =>
        {
            if (TimeProvider.System.GetElapsedTime(shown) > ProgressInterval)
            {
                shown = TimeProvider.System.GetTimestamp();
                await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                    $"{status.Organization}: revision {at:N0} of {Math.Max(at, status.Journal):N0}, {100 * at / Math.Max(at, status.Journal)} %")).ConfigureAwait(false);
            }
        }, stopping).ConfigureAwait(false);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{status.Organization}: made anew up to revision {revision:N0} in {seconds:0.0} s ({revision / Math.Max(seconds, 0.001):N0} a second).")).ConfigureAwait(false);
    }

    private static async Task<IEnumerable<ProjectionStatus>> OfAsync(ProjectionMaintenance maintenance, OrganizationId? organization, CancellationToken stopping)
    {
        var all = await maintenance.StatusAsync(stopping).ConfigureAwait(false);
        return organization is null ? all
            : all.FirstOrDefault(status => status.Organization == organization) is { } one ? [one]
            : throw StartException.Input($"--org '{organization}' has no journal there; `mesh-controller projections status` shows those that do.");
    }

    private static Command Make(string name, string description, Func<JournalDatabase, OrganizationId?, CancellationToken, Task> run)
    {
        var command = new Command(name, description) { ServeOptions.DataDir, ServeOptions.Database, ServeOptions.DatabaseFile, Org };
        command.SetAction((parsed, stopping) => ControllerCommand.GuardAsync(async () =>
        {
            var options = new ControllerOptions
            {
                DataDirectory = Path.GetFullPath(parsed.GetRequiredValue(ServeOptions.DataDir)),
                Database = parsed.GetValue(ServeOptions.Database),
                DatabaseFile = parsed.GetValue(ServeOptions.DatabaseFile),
            };
            var journal = DatabaseUrl.Open(options, Path.Combine(options.DataDirectory, DataDirectory.DataDir.JournalFile));
            if (journal is SqliteDatabase { File: var file } && !File.Exists(file))
            {
                throw StartException.Input($"There is no journal {file}; name the controller's --data-dir, or its --database.");
            }

            try
            {
                await JournalSchema.MigrateAsync(journal, stopping).ConfigureAwait(false);
                await run(journal, parsed.GetValue(Org), stopping).ConfigureAwait(false);
            }
            catch (MeshUnavailableException fault)
            {
                throw StartException.Host(fault.Message, fault);
            }
        }));
        return command;
    }
}
