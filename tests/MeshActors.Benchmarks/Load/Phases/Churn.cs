using System.Diagnostics;

namespace MeshActors.Benchmarks.Load.Phases;

/// <summary>Each second one agent in a hundred has another endpoint: how old is what the others know?</summary>
internal static class Churn
{
    public const string Name = "churn";

    private const double SharePerSecond = 0.01;
    private const double StalenessGoalMs = 500;

    public static async Task RunAsync(Stage stage)
    {
        var duration = TimeSpan.FromSeconds(stage.Options.Choose(60, 10));
        var perSecond = stage.Fleet.Agents.Count * SharePerSecond;
        await Task.Delay(Mover.TurnOfAnAgent);
        stage.Progress.Begin($"{perSecond:0.#} endpoint changes a second for {duration.TotalSeconds:0} s", (int)duration.TotalSeconds);
        var staleness = stage.Fleet.Staleness = new Histogram();
        var (cpu, own, messages, began) = (stage.Controller.Cpu, Stage.OwnCpu, stage.Fleet.Messages, Stopwatch.GetTimestamp());
        var moved = await Mover.RunAsync(stage.Fleet.Agents, perSecond, duration, seconds => stage.Progress.Show((int)seconds));
        await stage.SettleAsync();
        var elapsed = Stopwatch.GetElapsedTime(began);
        var took = stage.Controller.Cpu - cpu;
        stage.Fleet.Staleness = null;
        var heard = (double)moved * stage.Fleet.Agents.Count / stage.Organizations.Count;
        stage.Report(new Figure(Name, $"age of news when an agent has them, {moved:N0} changes, p50", staleness.Quantile(0.5), "ms"));
        stage.Report(new Figure(Name, "age of news when an agent has them, p99", staleness.Quantile(0.99), "ms", StalenessGoalMs));
        stage.Report(new Figure(Name, "age of news when an agent has them, p99.9", staleness.Quantile(0.999), "ms"));
        stage.Report(new Figure(Name, "messages for an agent and change", (stage.Fleet.Messages - messages) / heard, ""));
        stage.Report(new Figure(Name, "controller CPU for an agent and change", took.TotalMicroseconds / heard, "us"));
        stage.Report(new Figure(Name, "controller CPU, of one core", 100 * took / elapsed, "%"));
        stage.Report(new Figure(Name, "load generator CPU, of one core", 100 * (Stage.OwnCpu - own) / elapsed, "%"));
        stage.Report(new Figure(Name, "controller memory", stage.Controller.ResidentBytes / 1e6, "MB"));
    }
}
