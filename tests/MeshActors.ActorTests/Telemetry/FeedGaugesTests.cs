using System.Diagnostics.Metrics;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Feeds;
using MeshActors.Domain;

namespace MeshActors.ActorTests.Telemetry;

/// <summary>However many organizations and slow agents there are, a scrape stays small and its sums right.</summary>
public sealed class FeedGaugesTests
{
    [Fact]
    public void Organizations_beyond_the_limit_are_added_up_and_only_the_slowest_agents_are_named()
    {
        using var gauges = new FeedGauges();
        for (var i = 1; i <= FeedGauges.OrganizationsMax + 100; i++)
        {
            var slow = new SlowAgent(Some.NodeId(), $"agent{i}", 1, TimeSpan.FromSeconds(i));
            gauges.Show(OrganizationId.Parse($"org-{i}"), new FeedFigures(i, i, 1, i, TimeSpan.FromSeconds(i), 1, [slow]));
        }

        var connected = Read<int>(gauges, "mesh.agents.connected");
        Assert.Equal(FeedGauges.OrganizationsMax + 1, connected.Count);
        Assert.Equal(600 * 601 / 2, connected.Sum(series => series.Value));
        Assert.Equal(100 * 101 / 2, connected.Single(series => series.Tag == FeedGauges.Others).Value);
        Assert.Equal(100, Read<long>(gauges, "mesh.agents.lag.max").Single(series => series.Tag == FeedGauges.Others).Value);
        Assert.Equal(FeedGauges.OrganizationsMax, Read<long>(gauges, "mesh.organization.revision").Count);
        Assert.Equal(
            Enumerable.Range(591, FeedGauges.SlowestMax).Select(i => (double)i),
            Read<double>(gauges, "mesh.agent.behind").Select(series => series.Value).Order());

        gauges.Forget(OrganizationId.Parse("org-600"));
        Assert.DoesNotContain(Read<int>(gauges, "mesh.agents.connected"), series => series.Tag == "org-600");
    }

    private static List<(string Tag, T Value)> Read<T>(FeedGauges gauges, string name)
        where T : struct
    {
        var read = new List<(string, T)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, all) =>
        {
            if (instrument.Name == name && ReferenceEquals(instrument.Meter, gauges.Meter))
            {
                all.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<T>((_, value, tags, _) => read.Add(((string)tags[0].Value!, value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }
}
