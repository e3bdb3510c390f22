using System.Diagnostics;

namespace MeshActors.Benchmarks.Load.Phases;

/// <summary>
/// One agent in a hundred stops reading while changes go on. When these have ended it reads again, and must have the
/// newest map without another change to push it there.
/// </summary>
internal static class SlowAgents
{
    public const string Name = "slow";

    private const int OneOf = 100;

    /// <summary>Enough to fill an agent's window several times over in thirty seconds.</summary>
    private const double ChangesPerSecondMax = 50;

    /// <summary>Each agent may change once in five seconds.</summary>
    private const double AgentsPerChange = 6;

    private const double CaughtUpGoalMs = 1_000;

    public static async Task RunAsync(Stage stage)
    {
        var organization = stage.Organizations[0];
        var slow = organization.Agents.Where((_, index) => index % OneOf == 1).ToList();
        var others = organization.Agents.Except(slow).ToList();
        var duration = TimeSpan.FromSeconds(stage.Options.Choose(30, 8));
        var perSecond = Math.Min(ChangesPerSecondMax, others.Count / AgentsPerChange);
        await Task.Delay(Mover.TurnOfAnAgent);
        stage.Progress.Begin($"{slow.Count:N0} agents do not read, {perSecond:0.#} changes a second", (int)duration.TotalSeconds);
        var before = stage.Controller.ResidentBytes;
        var most = before;
        slow.ForEach(agent => agent.Hold());
        var ends = stage.Fleet.Ends.Values.Sum();
        await Mover.RunAsync(others, perSecond, duration, seconds =>
        {
            most = Math.Max(most, stage.Controller.ResidentBytes);
            stage.Progress.Show((int)seconds);
        });
        var expected = await stage.Operator.MapOfJournalAsync(organization.Name);
        await stage.UntilAsync(() => others.TrueForAll(agent => agent.View.Map.Revision >= expected.Revision), "agents that read are not current");
        var behind = slow.Count(agent => agent.View.Map.Revision < expected.Revision);
        var newest = (await stage.Operator.MapOfJournalAsync(organization.Name)).Revision;
        var began = Stopwatch.GetTimestamp();
        slow.ForEach(agent => agent.Release());
        await stage.UntilAsync(() => slow.TrueForAll(agent => agent.View.Map.Revision >= newest), "agents that read again are not current");
        var took = Stopwatch.GetElapsedTime(began);
        stage.Report(new Figure(Name, $"agents that were behind, of {slow.Count:N0} that did not read", behind, ""));
        stage.Report(new Figure(Name, "from reading again to all current, without another change", took.TotalMilliseconds, "ms", CaughtUpGoalMs));
        stage.Report(new Figure(Name, "controller memory, more than before at most", (most - before) / 1e6, "MB"));
        stage.Report(new Figure(Name, "streams that the controller ended", stage.Fleet.Ends.Values.Sum() - ends, ""));
    }
}
