using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MeshActors.Cluster.Telemetry;
using MeshActors.Domain;

namespace MeshActors.Controller.Gateway;

/// <summary>Streams that this gateway serves now, and how they end before it does.</summary>
internal sealed class ConnectedAgents : IDisposable
{
    /// <summary>What the agents of a process that stops are spread over: each makes work for whoever serves it next.</summary>
    private const int DrainSteps = 25;

    /// <summary>A feed of an organization of 10,000 takes two processors 0.15 s each to begin; joins need the rest.</summary>
    private static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(400);

    private readonly Meter _meter = new(MeshMeter.Name);
    private readonly ConcurrentDictionary<Stay, bool> _stays = [];
    private readonly CancellationTokenRegistration _stopping;

    public ConnectedAgents(IHostApplicationLifetime lifetime)
    {
        _meter.CreateObservableGauge("mesh.streams", () => Count, "{stream}", "Agents' streams that are open on this process.");
        _stopping = lifetime.ApplicationStopping.Register(() =>
        {
            IsDraining = true;
            End(_stays.Keys);
        });
    }

    public int Count => _stays.Count;

    /// <summary>Who comes now is sent on.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Dispose it when the stream has ended.</summary>
    public Stay Enter(OrganizationId organization)
    {
        var stay = new Stay(this, organization);
        _stays[stay] = true;
        // A drain that began meanwhile has not seen it.
        if (IsDraining)
        {
            stay.End();
        }

        return stay;
    }

    /// <summary>Sends all away within ten seconds, those of one organization together: another gateway begins its feed once.</summary>
    /// <param name="hurry">Ends the wait, not the streams.</param>
    public async Task DrainAsync(CancellationToken hurry)
    {
        IsDraining = true;
        var stays = _stays.Keys.OrderBy(stay => stay.Organization).ToList();
        foreach (var some in stays.Chunk(Math.Max(1, (stays.Count + DrainSteps - 1) / DrainSteps)))
        {
            End(some);
            await Task.Delay(DrainStep, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _meter.Dispose();
    }

    private static void End(IEnumerable<Stay> stays)
    {
        foreach (var stay in stays)
        {
            stay.End();
        }
    }

    /// <summary>One stream's time here.</summary>
    internal sealed class Stay(ConnectedAgents agents, OrganizationId organization) : IDisposable
    {
        private readonly CancellationTokenSource _over = new();

        public OrganizationId Organization => organization;

        /// <summary>The agent is to come back, elsewhere.</summary>
        public CancellationToken Over => _over.Token;

        public void End() => _over.Cancel();

        // Not its source: a drain may just be ending it.
        public void Dispose() => agents._stays.TryRemove(this, out _);
    }
}
