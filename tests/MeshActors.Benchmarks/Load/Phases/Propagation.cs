using System.Diagnostics;
using MeshActors.Benchmarks.Load.Agents;

namespace MeshActors.Benchmarks.Load.Phases;

/// <summary>
/// Lone changes, each to all agents of one organization. A change's commit lies between the moment when an agent asked
/// for it and the one when the first agent had it: both times to the last agent are told.
/// </summary>
internal static class Propagation
{
    public const string Name = "propagation";
    public const string LastFigure = "asked for to the last agent, p99";
    public const string CpuFigure = "controller CPU for an agent and lone change";

    /// <summary>Between the end of a change and the next one.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private static readonly TimeSpan WaveMax = TimeSpan.FromSeconds(10);

    /// <summary>Of idle time, in which the controller's own housekeeping is measured.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(3);

    /// <summary>A second of an idle controller costs less.</summary>
    private static readonly TimeSpan IdleSecond = TimeSpan.FromMilliseconds(80);

    private static readonly TimeSpan IdleWaitMax = TimeSpan.FromSeconds(60);

    private const int WarmUp = 20;

    /// <summary>Of which fewer changes tell as much.</summary>
    private const int ManyAgents = 5_000;

    public static async Task RunAsync(Stage stage)
    {
        var organization = stage.Organizations[0];
        var agents = organization.Agents.Count;
        var changes = stage.Options.Choose(agents > ManyAgents ? 100 : 300, 60);
        for (var index = 0; index < WarmUp; index++)
        {
            await WaveAsync(organization, index);
        }

        var idle = await IdleCpuAsync(stage);
        var (messages, bytes, wire) = (stage.Fleet.Messages, stage.Fleet.MessageBytes, stage.Traffic.Received);
        var waves = new List<Wave>();
        stage.Progress.Begin($"{changes} lone changes to {agents:N0} agents", changes);
        var (cpu, began) = (stage.Controller.Cpu, Stopwatch.GetTimestamp());
        for (var index = 0; index < changes; index++)
        {
            waves.Add(await WaveAsync(organization, WarmUp + index));
            stage.Progress.Show(index);
            await Task.Delay(Pause);
        }

        var elapsed = Stopwatch.GetElapsedTime(began);
        var took = stage.Controller.Cpu - cpu - (idle * elapsed.TotalSeconds);
        double received = (double)agents * changes;
        var upper = new Samples(waves.Select(wave => Stopwatch.GetElapsedTime(wave.Asked, wave.Last).TotalMilliseconds));
        var lower = new Samples(waves.Select(wave => Stopwatch.GetElapsedTime(wave.First, wave.Last).TotalMilliseconds));
        double? goal = agents switch { 1_000 => 25, 10_000 => 150, _ => null };
        stage.Report(new Figure(Name, "asked for to the last agent, p50", upper.Quantile(0.5), "ms"));
        stage.Report(new Figure(Name, LastFigure, upper.Quantile(0.99), "ms", goal));
        stage.Report(new Figure(Name, "asked for to the last agent, max", upper.Max, "ms"));
        stage.Report(new Figure(Name, "first agent to last, p50", lower.Quantile(0.5), "ms"));
        stage.Report(new Figure(Name, "first agent to last, p99", lower.Quantile(0.99), "ms"));
        stage.Report(new Figure(Name, "messages for an agent and change", (stage.Fleet.Messages - messages) / received, ""));
        stage.Report(new Figure(Name, "message bytes for an agent and endpoint change", (stage.Fleet.MessageBytes - bytes) / received, "B", 200));
        stage.Report(new Figure(Name, "the same with HTTP/2 and TLS", (stage.Traffic.Received - wire) / received, "B"));
        stage.Report(new Figure(Name, CpuFigure, took.TotalMicroseconds / received, "us", 15));
        stage.Report(new Figure(Name, "controller CPU while idle, ms a second", idle.TotalMilliseconds, "ms"));
    }

    /// <summary>One agent's endpoint changes, and all have it. The agents take turns: one that changes often is slowed down.</summary>
    public static async Task<Wave> WaveAsync(OrganizationUnderLoad organization, int turn)
    {
        var agents = organization.Agents;
        var wave = new Wave(agents[0].View.Map.Revision + 1, agents.Count);
        organization.Wave = wave;
        agents[turn % agents.Count].Move();
        try
        {
            await wave.Arrived.WaitAsync(WaveMax);
        }
        catch (TimeoutException)
        {
            throw new LoadFailedException($"After {WaveMax.TotalSeconds:0} s {wave.Missing} of {agents.Count} agents do not have revision {wave.Revision}.");
        }

        return wave;
    }

    /// <returns>Of a second.</returns>
    public static async Task<TimeSpan> IdleCpuAsync(Stage stage)
    {
        // What agents leave to do when they connect is not idleness yet.
        var (settling, share) = (Stopwatch.GetTimestamp(), TimeSpan.MaxValue);
        stage.Progress.Begin("waiting for the controller to be idle");
        while (share > IdleSecond && Stopwatch.GetElapsedTime(settling) < IdleWaitMax)
        {
            share = await CpuOfSecondAsync(stage, TimeSpan.FromSeconds(1));
        }

        return await CpuOfSecondAsync(stage, IdleTime);
    }

    private static async Task<TimeSpan> CpuOfSecondAsync(Stage stage, TimeSpan time)
    {
        var (cpu, began) = (stage.Controller.Cpu, Stopwatch.GetTimestamp());
        await Task.Delay(time);
        return (stage.Controller.Cpu - cpu) / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
