using System.Diagnostics.Metrics;
using MeshActors.Cluster.Telemetry;

namespace MeshActors.ActorTests.Support;

/// <summary>What one counter of this process grows by while this lives, of the series that have these tags. Other tests may add to it.</summary>
internal sealed class Counted : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _grown;

    public Counted(string instrument, params (string Key, string Value)[] tags)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == MeshMeter.Name && published.Name == instrument)
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, grown, had, _) =>
        {
            var all = had.ToArray();
            if (tags.All(tag => all.Any(pair => pair.Key == tag.Key && pair.Value as string == tag.Value)))
            {
                Interlocked.Add(ref _grown, grown);
            }
        });
        _listener.Start();
    }

    public long Grown => Interlocked.Read(ref _grown);

    public void Dispose() => _listener.Dispose();
}
