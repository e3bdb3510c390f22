using System.Diagnostics;
using MeshActors.Benchmarks.Load.Agents;

namespace MeshActors.Benchmarks.Load.Phases;

/// <summary>Agents that have nothing: what the whole map weighs, and what the first of them waits longer than the next.</summary>
internal static class WholeMaps
{
    public const string Name = "whole";

    private const int Sequential = 10;
    private const int AtOnce = 20;
    private const double BytesGoal = 1_000_000;
    private const double BuildGoalMs = 20;

    public static async Task RunAsync(Stage stage)
    {
        var organization = stage.Organizations[0];
        var nodes = organization.Agents[0].View.Map.Nodes.Count;
        stage.Progress.Begin($"whole maps of {nodes:N0} nodes");
        await stage.RestartAsync(stage.Options.Connections);
        // Of what the controller sends next this process then knows every byte, and reads it at no cost worth measuring.
        await ConnectAsync(stage, organization.Agents[1]);
        await stage.RestartAsync(stage.Options.Connections);
        // The organization is recovered, and its map made, for an agent that has it.
        organization.Agents[0].Remember(organization.Agents[1].View);
        await organization.Agents[0].ConnectAsync();
        await stage.UntilAsync(() => organization.Agents[0].IsCurrent, "an agent that has the map is not current");
        await Task.Delay(TimeSpan.FromSeconds(1));

        var agent = organization.Agents[1];
        var (bytes, wire) = (agent.MessageBytes, stage.Traffic.Received);
        var first = await ConnectAsync(stage, agent);
        stage.Report(new Figure(Name, $"message bytes of {nodes:N0} nodes", agent.MessageBytes - bytes, "B", nodes >= 10_000 ? BytesGoal : null));
        stage.Report(new Figure(Name, "the same with HTTP/2 and TLS", stage.Traffic.Received - wire, "B", nodes >= 10_000 ? BytesGoal : null));
        var next = new List<double>();
        for (var index = 2; index < Math.Min(2 + Sequential, organization.Agents.Count); index++)
        {
            next.Add((await ConnectAsync(stage, organization.Agents[index])).TotalMilliseconds);
        }

        var usual = new Samples(next).Quantile(0.5);
        stage.Report(new Figure(Name, "from Hello to the map, the first agent", first.TotalMilliseconds, "ms"));
        stage.Report(new Figure(Name, "from Hello to the map, the next ones, p50", usual, "ms"));
        stage.Report(new Figure(Name, "the first one's extra: the map is made once for all", first.TotalMilliseconds - usual, "ms", nodes >= 10_000 ? BuildGoalMs : null));

        var many = organization.Agents.Skip(2 + Sequential).Take(AtOnce).ToList();
        if (many.Count == AtOnce)
        {
            var cpu = stage.Controller.Cpu;
            await Task.WhenAll(many.Select(one => ConnectAsync(stage, one)));
            stage.Report(new Figure(Name, $"controller CPU for an agent, {AtOnce} at once", (stage.Controller.Cpu - cpu).TotalMilliseconds / AtOnce, "ms"));
        }

        await stage.ConnectAsync(stage.Options.Connections);
    }

    private static async Task<TimeSpan> ConnectAsync(Stage stage, SimulatedAgent agent)
    {
        agent.Remember(MapView.Empty);
        var began = Stopwatch.GetTimestamp();
        await agent.ConnectAsync();
        await stage.UntilAsync(() => agent.IsCurrent, "an agent gets no whole map");
        return Stopwatch.GetElapsedTime(began, agent.CurrentSince);
    }
}
