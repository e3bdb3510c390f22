using System.Diagnostics;
using MeshActors.Benchmarks.Load.Agents;

namespace MeshActors.Benchmarks.Load.Phases;

/// <summary>Many changes at once, again and again: what one costs the controller when it has company.</summary>
internal static class Bursts
{
    public const string Name = "bursts";
    public const string CpuFigure = "controller CPU for an agent and change, many at once";

    private const int ChangesAtOnce = 50;

    /// <summary>Of which fewer bursts tell as much.</summary>
    private const int ManyAgents = 5_000;

    private static readonly TimeSpan BurstMax = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Stage stage)
    {
        var organization = stage.Organizations[0];
        var agents = organization.Agents.Count;
        var atOnce = Math.Min(ChangesAtOnce, agents / 2);
        var bursts = stage.Options.Choose(agents > ManyAgents ? 6 : 20, 6);
        var idle = await Propagation.IdleCpuAsync(stage);
        // Whoever changed in the phase before has its turn again.
        await Task.Delay(Mover.TurnOfAnAgent);
        stage.Progress.Begin($"{bursts} bursts of {atOnce} changes to {agents:N0} agents", bursts);
        var (messages, bytes, wire) = (stage.Fleet.Messages, stage.Fleet.MessageBytes, stage.Traffic.Received);
        var busy = TimeSpan.Zero;
        var (cpu, began) = (stage.Controller.Cpu, Stopwatch.GetTimestamp());
        for (var burst = 0; burst < bursts; burst++)
        {
            busy += await BurstAsync(organization, burst * atOnce, atOnce);
            stage.Progress.Show(burst);
            if ((burst + 2) * atOnce > agents)
            {
                await Task.Delay(Mover.TurnOfAnAgent);
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(began);
        var took = stage.Controller.Cpu - cpu - (idle * elapsed.TotalSeconds);
        double received = (double)agents * bursts * atOnce;
        var sent = stage.Fleet.Messages - messages;
        stage.Report(new Figure(Name, CpuFigure, took.TotalMicroseconds / received, "us", 5.1));
        stage.Report(new Figure(Name, "controller CPU for a message", took.TotalMicroseconds / sent, "us"));
        stage.Report(new Figure(Name, "messages for an agent and change", sent / received, ""));
        stage.Report(new Figure(Name, "message bytes for an agent and change", (stage.Fleet.MessageBytes - bytes) / received, "B"));
        stage.Report(new Figure(Name, "the same with HTTP/2 and TLS", (stage.Traffic.Received - wire) / received, "B"));
        stage.Report(new Figure(Name, "a burst to its last agent, mean", busy.TotalMilliseconds / bursts, "ms"));
    }

    private static async Task<TimeSpan> BurstAsync(OrganizationUnderLoad organization, int from, int count)
    {
        var agents = organization.Agents;
        var wave = new Wave(agents[0].View.Map.Revision + count, agents.Count);
        organization.Wave = wave;
        for (var index = from; index < from + count; index++)
        {
            agents[index % agents.Count].Move();
        }

        try
        {
            await wave.Arrived.WaitAsync(BurstMax);
        }
        catch (TimeoutException)
        {
            throw new LoadFailedException($"After {BurstMax.TotalSeconds:0} s {wave.Missing} of {agents.Count} agents do not have revision {wave.Revision}.");
        }

        return Stopwatch.GetElapsedTime(wave.Asked, wave.Last);
    }
}
