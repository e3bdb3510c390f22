using System.CommandLine;
using System.CommandLine.Invocation;
using MeshActors.Controller.Hosting;

namespace MeshActors.Controller.CommandLine;

/// <summary><c>mesh-controller</c> and its verbs.</summary>
internal static class ControllerCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("""
            Coordinates a WireGuard mesh: organizations, their address space, and the agents that follow it.
            The first start makes a CA, the organization 'default' and an admin token, and prints the line to paste on a node.
            Exit status: 0 stopped cleanly; 2 bad usage or input; 4 the host cannot do it.
            """)
        {
            MigrateCommand.Create(),
            ProjectionsCommand.Create(),
            CaCommands.Create(),
        };
        foreach (var option in ServeOptions.All)
        {
            root.Add(option);
        }

        root.SetAction((parsed, stopping) => GuardAsync(() => ControllerProcess.RunAsync(ServeOptions.Read(parsed), stopping)));
        var result = root.Parse(args);
        if (result is { Errors.Count: > 0, Action: ParseErrorAction })
        {
            foreach (var error in result.Errors)
            {
                await Console.Error.WriteLineAsync($"mesh-controller: {error.Message}").ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync("Try 'mesh-controller --help'.").ConfigureAwait(false);
            return ExitStatus.BadUsage;
        }

        // The host answers SIGTERM itself: it drains the agents' streams first.
        var invocation = new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        return await result.InvokeAsync(invocation).ConfigureAwait(false);
    }

    /// <summary>What a verb cannot do is one line on standard error and an exit status.</summary>
    public static async Task<int> GuardAsync(Func<Task> run)
    {
        try
        {
            await run().ConfigureAwait(false);
            return ExitStatus.Stopped;
        }
        catch (OperationCanceledException)
        {
            // Told to stop before it had started.
            return ExitStatus.Stopped;
        }
        catch (StartException fault)
        {
            await Console.Error.WriteLineAsync($"mesh-controller: {fault.Message}").ConfigureAwait(false);
            return fault.ExitStatus;
        }
    }
}
