using System.Diagnostics;
using MeshActors.Agent.Linux;
using MeshActors.Agent.State;

namespace MeshActors.Agent.CommandLine;

/// <summary>Stops the agent and takes away all that it made on this host, and only that. The node stays a node.</summary>
internal static class DownCommand
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    public static async Task<int> RunAsync(string stateDir, string? device)
    {
        HostChecks.Require();
        var state = new StateDirectory(stateDir);
        if (!Directory.Exists(state.Root))
        {
            Console.Out.WriteLine($"nothing to take down: there is no state directory {state.Root}.");
            return ExitStatus.Stopped;
        }

        using var held = await StopAgentAsync(state);
        var known = state.Read(HostRecord.File, StateJson.Default.HostRecord, HostRecord.Remedy);
        var name = device ?? known?.Interface ?? SettingsReader.ReadInterface(null);
        await new Host(state, name).RemoveAllAsync();
        File.Delete(state.PathOf(RunRecord.File));
        Console.Out.WriteLine($"{name}, its routes, rules and kernel settings are gone. `meshd` brings them back: this machine stays a node.");
        return ExitStatus.Stopped;
    }

    /// <summary>Asks it to stop, and waits for its lock.</summary>
    private static async Task<FileStream> StopAgentAsync(StateDirectory state)
    {
        var started = Stopwatch.GetTimestamp();
        var asked = false;
        while (Stopwatch.GetElapsedTime(started) < StopTimeout)
        {
            if (state.TryLock() is { } held)
            {
                return held;
            }

            var run = state.Read(RunRecord.File, StateJson.Default.RunRecord, "Stop meshd by hand first.");
            asked = asked || (run is { Pid: > 0 } && Processes.Stop(run.Pid));
            await Task.Delay(Poll);
        }

        throw new HostCannotException($"the meshd that holds {state.PathOf("lock")} did not stop within {StopTimeout.TotalSeconds:0} s: stop it by hand first.");
    }
}
