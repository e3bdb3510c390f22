using System.Diagnostics;

namespace MeshActors.Benchmarks.Load.Phases;

/// <summary>The controller is killed and started again at once; all agents come back, with an agent's own waits.</summary>
internal static class Storm
{
    public const string Name = "storm";

    private const double CurrentGoalSeconds = 10;
    private const double CpuGoalSeconds = 10;

    public static async Task RunAsync(Stage stage)
    {
        var agents = stage.Fleet.Agents.Count;
        stage.Progress.Begin($"kill -9, and {agents:N0} agents come back", agents);
        var (wire, whole) = (stage.Traffic.Received, stage.Fleet.WholeMaps);
        var killed = Stopwatch.GetTimestamp();
        await stage.Controller.KillAsync();
        await stage.UntilAsync(() => stage.Fleet.Current == 0, "agents do not notice that the controller is dead");
        stage.Fleet.CurrentAt.Clear();
        stage.Controller.Launch();
        var ready = ReadyAsync(stage, killed);
        await stage.UntilAsync(() =>
        {
            stage.Progress.Show(stage.Fleet.Current);
            return stage.Fleet.Current >= agents;
        }, "agents are not back");
        var cpu = stage.Controller.CpuOfProcess;
        var times = new Samples(stage.Fleet.CurrentAt.Select(at => Stopwatch.GetElapsedTime(killed, at).TotalSeconds));
        var goals = agents <= 10_000;
        stage.Report(new Figure(Name, "kill to ready", (await ready).TotalSeconds, "s"));
        stage.Report(new Figure(Name, "kill to half of the agents current", times.Quantile(0.5), "s"));
        stage.Report(new Figure(Name, "kill to 99 % of the agents current", times.Quantile(0.99), "s"));
        stage.Report(new Figure(Name, $"kill to all {agents:N0} agents current", times.Max, "s", goals ? CurrentGoalSeconds : null));
        stage.Report(new Figure(Name, "controller CPU from its start to then", cpu.TotalSeconds, "s", goals ? CpuGoalSeconds : null));
        stage.Report(new Figure(Name, "controller memory, peak", stage.Controller.PeakResidentBytes / 1e6, "MB"));
        stage.Report(new Figure(Name, "bytes for an agent", (double)(stage.Traffic.Received - wire) / agents, "B"));
        stage.Report(new Figure(Name, "agents that were sent a whole map", stage.Fleet.WholeMaps - whole, ""));
    }

    private static async Task<TimeSpan> ReadyAsync(Stage stage, long killed)
    {
        await stage.Controller.ReadyAsync(CancellationToken.None);
        return Stopwatch.GetElapsedTime(killed);
    }
}
