using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeshActors.UnitTests;

/// <summary>What the dashboard and the alerts ask for has to be what a controller tells: the list is checked against a real one elsewhere.</summary>
public sealed partial class MonitoringTests
{
    private static readonly HashSet<string> Told =
        [.. File.ReadAllLines(Path.Combine(DeployTests.Root, "tests/MeshActors.ActorTests/Golden/metrics.txt")).SelectMany(Series)];

    [Fact]
    public void Every_metric_of_the_dashboard_is_one_that_there_is()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(DeployTests.Root, "deploy/grafana/meshactors.json")));
        var expressions = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!)
            .Concat(dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray().Select(variable => variable.GetProperty("query").GetString()!))
            .ToList();
        Assert.All(expressions.SelectMany(Asked), name => Assert.Contains(name, Told));

        // Nothing that is measured is left unseen.
        var seen = expressions.SelectMany(Asked).Select(Family).ToHashSet();
        Assert.All(Told.Select(Family), family => Assert.Contains(family, seen));
    }

    [Fact]
    public void Every_metric_of_the_alerts_is_one_that_there_is()
    {
        var asked = Asked(File.ReadAllText(Path.Combine(DeployTests.Root, "deploy/grafana/alerts.yaml"))).ToList();
        Assert.True(asked.Count >= 3);
        Assert.All(asked, name => Assert.Contains(name, Told));
    }

    [Fact]
    public void Panels_have_ids_of_their_own_and_do_not_lie_on_each_other()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(DeployTests.Root, "deploy/grafana/meshactors.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("gridPos")).Select(at => (at.GetProperty("x").GetInt32(), at.GetProperty("y").GetInt32())).Distinct().Count());
    }

    private static IEnumerable<string> Asked(string expression) => Metric().Matches(expression).Select(match => match.Value);

    private static IEnumerable<string> Series(string line) => line.Split(' ') switch
    {
        [var name, "histogram"] => [$"{name}_bucket", $"{name}_sum", $"{name}_count"],
        var parts => [parts[0]],
    };

    private static string Family(string series) => Suffix().Replace(series, "");

    [GeneratedRegex("mesh_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
