namespace MeshActors.Benchmarks.Load.Phases;

/// <summary>What an idle agent costs the controller in memory: over shared connections, and with one of its own.</summary>
internal static class Memory
{
    public const string Name = "memory";

    /// <summary>As many as the process may have files open.</summary>
    private const int OwnConnectionsMax = 10_000;

    private const double Goal = 40;

    public static async Task RunAsync(Stage stage)
    {
        await MeasureAsync(stage, stage.Options.Connections, $"{stage.Options.Connections:N0} connections for all", null);
        if (stage.Fleet.Agents.Count <= OwnConnectionsMax)
        {
            await MeasureAsync(stage, stage.Fleet.Agents.Count, "a TLS connection of its own", Goal);
        }
    }

    private static async Task MeasureAsync(Stage stage, int connections, string how, double? goal)
    {
        var firsts = stage.Organizations.ConvertAll(organization => organization.Agents[0]);
        await stage.RestartAsync(connections);
        await stage.ConnectAsync(firsts);
        var before = await IdleAsync(stage);
        await stage.ConnectAsync(connections);
        var after = await IdleAsync(stage);
        var agents = stage.Fleet.Agents.Count - firsts.Count;
        stage.Report(new Figure(Name, $"controller memory for an idle agent, {how}", (after - before) / 1e3 / agents, "KB", goal));
        stage.Report(new Figure(Name, $"controller memory with {stage.Fleet.Agents.Count:N0} agents, {how}", after / 1e6, "MB"));
        await stage.CheckAsync($"{Name}, {how}");
    }

    /// <summary>The least that it has in some seconds of rest.</summary>
    private static async Task<long> IdleAsync(Stage stage)
    {
        var seconds = stage.Options.Choose(10, 3);
        stage.Progress.Begin("idle, for the controller's memory to settle", seconds);
        var least = long.MaxValue;
        for (var second = 0; second < seconds; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            least = Math.Min(least, stage.Controller.ResidentBytes);
            stage.Progress.Show(second);
        }

        return least;
    }
}
