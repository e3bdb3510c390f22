using MeshActors.Agent.Linux;
using MeshActors.Agent.Metrics;
using MeshActors.Domain;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.Agent.Session;

/// <param name="Failures">Empty when the kernel has what the map says.</param>
/// <param name="Planning">From reading the host to the plan.</param>
/// <param name="Took">From reading the host to the last change.</param>
/// <param name="Peers">As they were before it.</param>
internal sealed record Pass(
    MeshMap Map, Plan Plan, ValueList<Endpoint> Endpoints, IReadOnlyList<string> Failures, TimeSpan Planning, TimeSpan Took, PeerStates Peers)
{
    public int ChangeCount => Plan.Changes.Length;
}

/// <summary>Reads the host, plans, applies, and again: on every change of the map and on a timer.</summary>
internal sealed class Reconciler(
    Host host, PublicKey key, Settings settings, MapHolder maps, ConfiguredEndpoints configured, TimeProvider time, Action<Pass> done, Action failed)
{
    /// <summary>So long at most is the host's data plane other than the map's, whoever changed it.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>A change after this much quiet is applied at once; in a burst each pass takes what came in <see cref="Settle"/>.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(20);

    /// <summary>A pass with more changes than this leaves much behind.</summary>
    private const int BigPassChanges = 100;

    private readonly Memory _used = new(time);
    private EndpointMemory _memory = EndpointMemory.Empty;
    private bool _hasApplied;
    private int _changes;

    /// <exception cref="HostCannotException">The first pass shows that this host cannot do it.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            _changes = 0;
            await TryPassAsync();

            // After the pass, and not at its end: what it read is garbage only now.
            _used.Trim(now: _changes > BigPassChanges);
            var ended = time.GetTimestamp();
            try
            {
                if (await maps.WaitAsync(Interval, stop) && time.GetElapsedTime(ended) < Quiet)
                {
                    await Task.Delay(Settle, time, stop);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    public static async Task<(Plan Plan, ValueList<Endpoint> Endpoints)> PlanAsync(
        Observation seen, PublicKey key, Settings settings, MeshMap map, NodeId self, ConfiguredEndpoints configured, EndpointMemory memory, DateTimeOffset now)
    {
        var endpoints = LocalEndpoints.From(seen.Links, await configured.GetAsync(), settings.Prefixes, settings.ListenPort);
        var local = LocalEndpoints.Addresses(seen.Links).ToValueList();
        var own = new HostSettings(
            settings.Interface, key, settings.ListenPort, settings.Prefixes.ToValueList(), local, Forwarding.HasV6(settings.Interface));
        var desired = Desired.From(map, self, own);
        return (Plan.From(seen.Kernel, desired, memory, now), endpoints);
    }

    private async Task TryPassAsync()
    {
        try
        {
            await PassAsync();
        }
        catch (HostCannotException) when (!_hasApplied)
        {
            throw;
        }
        catch (Exception e) when (e is CommandFailedException or HostCannotException or System.Text.Json.JsonException)
        {
            failed();
            Log.Error($"{e.Message} Trying again in {Interval.TotalSeconds:0} s.");
        }
    }

    private async Task PassAsync()
    {
        if (maps.Self is not { } self || !maps.Map.Nodes.ContainsKey(self))
        {
            return;
        }

        var started = time.GetTimestamp();
        var map = maps.Map;
        var seen = await host.ObserveAsync();
        var (plan, endpoints) = await PlanAsync(seen, key, settings, map, self, configured, _memory, time.GetUtcNow());
        var planning = time.GetElapsedTime(started);
        var failures = plan.Changes.IsEmpty ? [] : await host.ApplyAsync(plan);
        _memory = plan.Memory;
        _hasApplied |= failures.Count == 0;
        var peers = PeerStates.Of(seen.Kernel.Device, time.GetUtcNow());
        done(new Pass(map, plan, endpoints, failures, planning, time.GetElapsedTime(started), peers));
        _changes = plan.Changes.Length;
    }
}
