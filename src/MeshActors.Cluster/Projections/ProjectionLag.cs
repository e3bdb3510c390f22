using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MeshActors.Cluster.Feeds;
using MeshActors.Cluster.Telemetry;
using MeshActors.Domain;

namespace MeshActors.Cluster.Projections;

/// <summary>How far the views of this process's organizations are behind their journals, for metrics and the status.</summary>
public sealed class ProjectionLag : IDisposable
{
    /// <summary>As many as a controller has organizations.</summary>
    private const int OrganizationsMax = 10_000;

    private readonly Meter _meter = new(MeshMeter.Name);
    private readonly ConcurrentDictionary<OrganizationId, (long Journal, long Projected)> _organizations = [];

    internal ProjectionLag() => _meter.CreateObservableGauge(
        "mesh.projection.lag", Measure, "{revision}", "Revisions of an organization's journal that its lists and searches do not have yet");

    /// <summary>The one that is furthest behind; null when none is.</summary>
    public (OrganizationId Organization, long Revisions)? Largest
    {
        get
        {
            var (organization, revisions) = _organizations.Select(pair => (pair.Key, Of(pair.Value))).DefaultIfEmpty().MaxBy(pair => pair.Item2);
            return revisions > 0 ? (organization, revisions) : null;
        }
    }

    internal void Journal(OrganizationId organization, long revision) => Set(organization, revision, 0);

    internal void Projected(OrganizationId organization, long revision) => Set(organization, 0, revision);

    /// <summary>Both of one moment, whatever was known before: a restored journal may be shorter.</summary>
    internal void Seen(OrganizationId organization, long journal, long projected)
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

    private static long Of((long Journal, long Projected) organization) => Math.Max(0, organization.Journal - organization.Projected);

    // Those that are behind, the furthest first: with thousands of organizations most series would say nothing.
    private IEnumerable<Measurement<long>> Measure()
    {
        var behind = _organizations
            .Select(pair => (Organization: pair.Key.Value, Lag: Of(pair.Value)))
            .Where(one => one.Lag > 0)
            .OrderByDescending(one => one.Lag)
            .ToList();
        return behind.Take(FeedGauges.OrganizationsMax)
            .Append((FeedGauges.Others, behind.Skip(FeedGauges.OrganizationsMax).FirstOrDefault().Lag))
            .Select(one => new Measurement<long>(one.Item2, MeshMeter.Tag("organization", one.Item1)));
    }
}
