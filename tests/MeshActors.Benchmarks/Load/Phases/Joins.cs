using System.Diagnostics;
using MeshActors.Benchmarks.Load.Agents;
using MeshActors.Domain;

namespace MeshActors.Benchmarks.Load.Phases;

/// <summary>Joins: alone, together, over many organizations, and of a quiet organization beside a storm.</summary>
internal static class Joins
{
    public const string Name = "joins";

    public const string FleetFigure = "durable joins a second, of all agents";
    public const string ManyOrganizationsFigure = "durable joins a second, over many organizations";

    private const int AtOnce = 50;
    private const int Storm = 200;
    private const int Rounds = 4;
    public const double OneOrganizationGoal = 1_000;
    public const double ManyOrganizationsGoal = 2_000;

    /// <summary>One organization's storm may raise another's p99 by half.</summary>
    private const double StormRatioGoal = 1.5;

    /// <summary>For the controller to be as it is without one.</summary>
    private static readonly TimeSpan AfterStorm = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Stage stage)
    {
        var lone = await stage.CreateOrganizationAsync("lone");
        stage.Progress.Begin("joins, one after another");
        // The first ones compile the code.
        await stage.JoinAsync(Agents(stage, lone, 20), 1);
        var one = await LatencyAsync(stage, lone, stage.Options.Choose(200, 50), 1);
        stage.Report(new Figure(Name, "latency, one after another, p50", one.Quantile(0.5), "ms"));
        stage.Report(new Figure(Name, "latency, one after another, p99", one.Quantile(0.99), "ms"));
        stage.Progress.Begin($"joins, {AtOnce} at once");
        var many = await LatencyAsync(stage, lone, stage.Options.Choose(1_000, 200), AtOnce);
        stage.Report(new Figure(Name, $"latency, {AtOnce} at once, p50", many.Quantile(0.5), "ms"));
        stage.Report(new Figure(Name, $"latency, {AtOnce} at once, p99", many.Quantile(0.99), "ms"));
        await OverManyAsync(stage);
        await BesideAStormAsync(stage);
    }

    private static async Task OverManyAsync(Stage stage)
    {
        var count = stage.Options.Choose(200, 50);
        var each = stage.Options.Choose(50, 4);
        stage.Progress.Begin($"making {count} organizations", count);
        var organizations = new List<OrganizationUnderLoad>();
        for (var index = 0; index < count; index++)
        {
            organizations.Add(await stage.CreateOrganizationAsync($"many{index}"));
            stage.Progress.Show(index);
        }

        var agents = Enumerable.Range(0, count * each).Select(index => stage.NewAgent(organizations[index % count])).ToList();
        stage.Progress.Begin($"joins over {count} organizations", agents.Count);
        var (began, cpu, own) = (Stopwatch.GetTimestamp(), stage.Controller.Cpu, Stage.OwnCpu);
        await stage.JoinAsync(agents, Storm);
        var perSecond = agents.Count / Stopwatch.GetElapsedTime(began).TotalSeconds;
        stage.Report(new Figure(Name, ManyOrganizationsFigure, perSecond, "/s", ManyOrganizationsGoal, IsRate: true));
        stage.Report(new Figure(Name, "over many organizations, controller CPU for a join", (stage.Controller.Cpu - cpu).TotalMicroseconds / agents.Count, "us"));
        stage.Report(new Figure(Name, "over many organizations, the agents' CPU for a join", (Stage.OwnCpu - own).TotalMicroseconds / agents.Count, "us"));
    }

    private static async Task BesideAStormAsync(Stage stage)
    {
        var organization = await stage.CreateOrganizationAsync("quiet");
        using var quiet = new QuietClient(stage.Controller.Url, organization.JoinKey);
        var count = stage.Options.Choose(4_000, 40);
        stage.Progress.Begin("joins of a quiet organization, alone and beside another's storm", Rounds);
        // The first ones compile the code.
        await quiet.JoinAsync(count / Rounds);
        // In turn: a machine that others share is now faster and now slower, and a storm leaves work behind.
        List<Samples> alone = [], beside = [];
        var (stormed, took) = (0, TimeSpan.Zero);
        for (var round = 1; round <= Rounds; round++)
        {
            await Task.Delay(AfterStorm);
            alone.Add(await quiet.JoinAsync(count / Rounds));
            using var over = new CancellationTokenSource();
            var began = Stopwatch.GetTimestamp();
            var storm = StormAsync(stage, round, over.Token);
            beside.Add(await quiet.JoinAsync(count / Rounds));
            await over.CancelAsync();
            stormed += await storm;
            took += Stopwatch.GetElapsedTime(began);
            stage.Progress.Show(round);
        }

        await Task.Delay(AfterStorm);

        var (without, with) = (Samples.Of(alone), Samples.Of(beside));
        stage.Report(new Figure(Name, "latency of a quiet organization, alone, p50", without.Quantile(0.5), "ms"));
        stage.Report(new Figure(Name, "latency of a quiet organization, alone, p99", without.Quantile(0.99), "ms"));
        stage.Report(new Figure(Name, $"latency beside another's storm of {Storm} at once, p50", with.Quantile(0.5), "ms"));
        stage.Report(new Figure(
            Name, $"latency beside another's storm of {Storm} at once, p99", with.Quantile(0.99), "ms", StormRatioGoal * without.Quantile(0.99)));
        stage.Report(new Figure(Name, "joins a second of the storm meanwhile", stormed / took.TotalSeconds, "/s"));
    }

    /// <summary>So many join at every moment, until it is told to end. When an organization is nearly full, the storm goes on in another.</summary>
    private static async Task<int> StormAsync(Stage stage, int round, CancellationToken over)
    {
        var joined = 0;
        while (!over.IsCancellationRequested)
        {
            var organization = await stage.CreateOrganizationAsync($"stormy-{round}-{joined}");
            joined += await stage.JoinUntilAsync(organization, Limits.NodesMax, Storm, over);
        }

        return joined;
    }

    private static async Task<Samples> LatencyAsync(Stage stage, OrganizationUnderLoad organization, int count, int atOnce) =>
        new(await stage.JoinAsync(Agents(stage, organization, count), atOnce));

    private static List<SimulatedAgent> Agents(Stage stage, OrganizationUnderLoad organization, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => stage.NewAgent(organization))];
}
