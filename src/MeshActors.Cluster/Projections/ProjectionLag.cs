using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MeshActors.Cluster.Feeds;
using MeshActors.Cluster.Telemetry;
using MeshActors.Domain;

namespace MeshActors.Cluster.Projections;

/// <summary>How far the views of this process's organizations are behind their journals, as a metric.</summary>
internal sealed class ProjectionLag : IDisposable
{
    /// <summary>As many as a controller has organizations.</summary>
    private const int OrganizationsMax = 10_000;

    private readonly Meter _meter = new(MeshMeter.Name);
    private readonly ConcurrentDictionary<OrganizationId, (long Journal, long Projected)> _organizations = [];

    public ProjectionLag() => _meter.CreateObservableGauge(
        "mesh.projection.lag", Measure, "{revision}", "Revisions of an organization's journal that its lists and searches do not have yet");

    public void Journal(OrganizationId organization, long revision) => Set(organization, revision, 0);

    public void Projected(OrganizationId organization, long revision) => Set(organization, 0, revision);

    /// <summary>Both of one moment, whatever was known before: a restored journal may be shorter.</summary>
    public void Seen(OrganizationId organization, long journal, long projected)
    {
        _organizations.TryRemove(organization, out _);
        Set(organization, journal, projected);
    }

    public void Dispose() => _meter.Dispose();

    private void Set(OrganizationId organization, long journal, long projected)
    {
        if (_organizations.Count < OrganizationsMax || _organizations.ContainsKey(organization))
        {
            _organizations.AddOrUpdate(organization, (journal, projected), (_, old) => (Math.Max(old.Journal, journal), Math.Max(old.Projected, projected)));
        }
    }

    // Those that are behind, the furthest first: with thousands of organizations most series would say nothing.
    private IEnumerable<Measurement<long>> Measure()
    {
        var behind = _organizations
            .Select(pair => (Organization: pair.Key.Value, Lag: Math.Max(0, pair.Value.Journal - pair.Value.Projected)))
            .Where(one => one.Lag > 0)
            .OrderByDescending(one => one.Lag)
            .ToList();
        return behind.Take(FeedGauges.OrganizationsMax)
            .Append((FeedGauges.Others, behind.Skip(FeedGauges.OrganizationsMax).FirstOrDefault().Lag))
            .Select(one => new Measurement<long>(one.Item2, MeshMeter.Tag("organization", one.Item1)));
    }
}
