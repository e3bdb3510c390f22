using System.Runtime.InteropServices;
using MeshActors.Agent.Linux;
using MeshActors.Agent.State;

namespace MeshActors.Agent.CommandLine;

internal static class RunCommand
{
    public static async Task<int> RunAsync(Settings settings)
    {
        if (settings.IsDryRun)
        {
            return await DryRunCommand.RunAsync(settings);
        }

        HostChecks.Require();
        var state = new StateDirectory(settings.StateDir);
        state.Create();
        using var held = state.TryLock() ?? throw new HostCannotException(
            $"another meshd runs with {state.Root}: stop it first (`meshd status` tells its process), or give another --state-dir, --interface and --listen-port.");
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await new Agent(settings, state, TimeProvider.System).RunAsync(stop.Token);
        Log.Info($"stopped; {settings.Interface} stays as it is (`meshd down` takes it away).");
        return ExitStatus.Stopped;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
