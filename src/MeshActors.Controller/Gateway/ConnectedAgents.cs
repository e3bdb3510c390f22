using System.Diagnostics.Metrics;
using MeshActors.Cluster.Telemetry;

namespace MeshActors.Controller.Gateway;

/// <summary>Streams that this gateway serves now.</summary>
internal sealed class ConnectedAgents : IDisposable
{
    private readonly Meter _meter = new(MeshMeter.Name);
    private int _count;

    public ConnectedAgents() =>
        _meter.CreateObservableGauge("mesh.streams", () => Count, "{stream}", "Agents' streams that are open on this process.");

    public int Count => Volatile.Read(ref _count);

    public void Enter() => Interlocked.Increment(ref _count);

    public void Leave() => Interlocked.Decrement(ref _count);

    public void Dispose() => _meter.Dispose();
}
