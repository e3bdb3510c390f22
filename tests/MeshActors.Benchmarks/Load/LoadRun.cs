using System.Diagnostics;
using Grpc.Core;
using MeshActors.ActorTests.Support;
using MeshActors.Benchmarks.Load.Ceilings;
using MeshActors.Benchmarks.Load.Phases;

namespace MeshActors.Benchmarks.Load;

/// <summary>Starts the controller, makes the organizations, plays the phases, and compares all maps after each.</summary>
internal static class LoadRun
{
    /// <summary>In the order in which they run.</summary>
    private static readonly (string Name, Func<Stage, Task> RunAsync)[] Phases =
    [
        (Propagation.Name, Propagation.RunAsync),
        (Bursts.Name, Bursts.RunAsync),
        (Kinds.Name, Kinds.RunAsync),
        (Churn.Name, Churn.RunAsync),
        (SlowAgents.Name, SlowAgents.RunAsync),
        (Storm.Name, Storm.RunAsync),
        (WholeMaps.Name, WholeMaps.RunAsync),
        (Memory.Name, Memory.RunAsync),
        (FanOutCeiling.Name, FanOutCeiling.RunAsync),
        (JournalCeiling.Name, JournalCeiling.RunAsync),
    ];

    public static IReadOnlyList<string> PhaseNames => [Joins.Name, .. Phases.Select(phase => phase.Name)];

    public static async Task RunAsync(LoadOptions options, LoadReport report, Progress progress, CancellationToken stop)
    {
        try
        {
            progress.Begin($"starting {options.Program}");
            string[] database = options.Database == "postgres" ? ["--database", PostgresServer.DatabaseFor("load")] : [];
            await using var controller = await ControllerUnderLoad.StartAsync(options.Program, database, stop);
            using var @operator = new Operator(controller);
            await using var stage = new Stage(options, controller, @operator, report, progress);
            await PlayAsync(stage, stop);
        }
        catch (Exception fault) when (fault is LoadFailedException or RpcException or InvalidOperationException or TimeoutException or OperationCanceledException)
        {
            report.Fault(stop.IsCancellationRequested ? "It was stopped before its end." : fault.Message);
        }
        finally
        {
            progress.Clear();
        }
    }

    private static async Task PlayAsync(Stage stage, CancellationToken stop)
    {
        if (stage.Options.Runs(Joins.Name))
        {
            await Joins.RunAsync(stage);
        }

        await EnrollAsync(stage);
        var phases = Phases.Where(phase => stage.Options.Runs(phase.Name)).ToList();
        if (phases.Count > 0)
        {
            await stage.ConnectAsync(stage.Options.Connections);
            await stage.CheckAsync("connecting");
        }

        foreach (var (name, run) in phases)
        {
            stop.ThrowIfCancellationRequested();
            await run(stage);
            await stage.CheckAsync(name);
        }
    }

    /// <summary>The fleet joins; of one organization alone this is the rate of its joins.</summary>
    private static async Task EnrollAsync(Stage stage)
    {
        var options = stage.Options;
        stage.Progress.Begin($"making {options.Organizations:N0} organizations", options.Organizations);
        for (var index = 0; index < options.Organizations; index++)
        {
            stage.Organizations.Add(await stage.CreateOrganizationAsync($"load{index}"));
            stage.Progress.Show(index);
        }

        for (var index = 0; index < options.Agents; index++)
        {
            var organization = stage.Organizations[index % options.Organizations];
            var agent = stage.NewAgent(organization);
            organization.Agents.Add(agent);
            stage.Fleet.Agents.Add(agent);
        }

        stage.Progress.Begin($"joining {options.Agents:N0} agents", options.Agents);
        var (began, cpu) = (Stopwatch.GetTimestamp(), stage.Controller.Cpu);
        var took = new Samples(await stage.JoinAsync(stage.Fleet.Agents, int.MaxValue));
        var perSecond = options.Agents / Stopwatch.GetElapsedTime(began).TotalSeconds;
        stage.Report(new Figure(
            Joins.Name, Joins.FleetFigure, perSecond, "/s",
            options.Organizations == 1 ? Joins.OneOrganizationGoal : Joins.ManyOrganizationsGoal, IsRate: true));
        stage.Report(new Figure(Joins.Name, "latency of these, p99", took.Quantile(0.99), "ms"));
        stage.Report(new Figure(Joins.Name, "controller CPU for a join", (stage.Controller.Cpu - cpu).TotalMicroseconds / options.Agents, "us"));
        if (stage.Fleet.JoinsRepeated > 0)
        {
            stage.Report(new Figure(Joins.Name, "joins that had to be asked for again", stage.Fleet.JoinsRepeated, ""));
        }
    }
}
