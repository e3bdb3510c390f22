using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MeshActors.Cluster.Telemetry;
using MeshActors.Domain;

namespace MeshActors.Cluster.Feeds;

/// <summary>What this process's feeds show of their organizations and slowest agents, when somebody asks.</summary>
internal sealed class FeedGauges : IDisposable
{
    /// <summary>
    /// Organizations with series of their own: those with the most agents here. At six each that is 3,000 lines or 250 KB a
    /// scrape, and what a monitoring system of one machine takes from each of some processes. The rest is added up as <see cref="Others"/>.
    /// </summary>
    public const int OrganizationsMax = 500;

    /// <summary>Agents by name: enough to see who it is, and no series for each machine that there ever was.</summary>
    public const int SlowestMax = 10;

    /// <summary>No organization can have this name.</summary>
    public const string Others = "(others)";

    private readonly ConcurrentDictionary<OrganizationId, FeedFigures> _figures = [];

    public Meter Meter { get; } = new(MeshMeter.Name);

    public FeedGauges()
    {
        Meter.CreateObservableGauge("mesh.organization.revision", () => Each(figures => figures.Revision, null),
            null, "The newest revision that this process has. Without series for the rest.");
        Meter.CreateObservableGauge("mesh.agents.connected", () => Each(figures => figures.Connected, Enumerable.Sum),
            "{agent}", "Agents that follow the organization on this process.");
        Meter.CreateObservableGauge("mesh.agents.behind", () => Each(figures => figures.Behind, Enumerable.Sum),
            "{agent}", "Of these, those that have not applied the newest revision.");
        Meter.CreateObservableGauge("mesh.agents.stuck", () => Each(figures => figures.Stuck, Enumerable.Sum),
            "{agent}", "Of these, those that have been behind for too long; the log names them.");
        Meter.CreateObservableGauge("mesh.agents.lag.max", () => Each(figures => figures.LagMax, Enumerable.Max),
            "{revision}", "Revisions that the slowest agent is behind.");
        Meter.CreateObservableGauge("mesh.agents.behind.max", () => Each(figures => figures.BehindMax.TotalSeconds, Enumerable.Max),
            "s", "How long the slowest agent has been behind.");
        Meter.CreateObservableGauge("mesh.agent.behind", Slowest, "s", "The slowest agents by name, and how long each has been behind.");
        Meter.CreateObservableGauge("mesh.feeds", () => _figures.Count, "{feed}", "Organizations that this process follows.");
    }

    public void Show(OrganizationId organization, FeedFigures figures) => _figures[organization] = figures;

    public void Forget(OrganizationId organization) => _figures.TryRemove(organization, out _);

    public void Dispose() => Meter.Dispose();

    /// <param name="together">Of all that have no series of their own; null where that would mean nothing.</param>
    private IEnumerable<Measurement<T>> Each<T>(Func<FeedFigures, T> value, Func<IEnumerable<T>, T>? together)
        where T : struct
    {
        var all = _figures.OrderByDescending(pair => pair.Value.Connected).ThenBy(pair => pair.Key.Value, StringComparer.Ordinal).ToList();
        var named = all.Take(OrganizationsMax).Select(pair => Of(value(pair.Value), pair.Key.Value));
        return all.Count <= OrganizationsMax || together is null
            ? named
            : named.Append(Of(together(all.Skip(OrganizationsMax).Select(pair => value(pair.Value))), Others));
    }

    private static Measurement<T> Of<T>(T value, string organization)
        where T : struct => new(value, MeshMeter.Tag("organization", organization));

    private IEnumerable<Measurement<double>> Slowest() => _figures
        .SelectMany(pair => pair.Value.Slowest.Select(agent => (Organization: pair.Key, Agent: agent)))
        .OrderByDescending(slow => slow.Agent.For)
        .Take(SlowestMax)
        .Select(slow => new Measurement<double>(
            slow.Agent.For.TotalSeconds,
            MeshMeter.Tag("organization", slow.Organization.Value),
            MeshMeter.Tag("agent", slow.Agent.Name),
            MeshMeter.Tag("node", slow.Agent.Node.ToString())));
}
