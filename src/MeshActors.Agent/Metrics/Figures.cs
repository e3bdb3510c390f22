using MeshActors.Agent.Session;
using MeshActors.Agent.State;
using MeshActors.Domain.DataPlane;

namespace MeshActors.Agent.Metrics;

/// <summary>What the running agent tells of itself in numbers. A handful of fields: whoever asks gets them as they are.</summary>
internal sealed class Figures
{
    private readonly Lock _gate = new();
    private long _connects;
    private long _disconnects;
    private long _changes;
    private long _passes;
    private long _failedPasses;
    private TimeSpan _planning;
    private TimeSpan _applying;
    private PeerStates _peers;

    public void Connected() => Add(ref _connects);

    public void Disconnected() => Add(ref _disconnects);

    public void Passed(Pass pass)
    {
        lock (_gate)
        {
            _passes++;
            _failedPasses += pass.Failures.Count > 0 ? 1 : 0;
            _changes += pass.ChangeCount;
            _planning += pass.Planning;
            _applying += pass.Took - pass.Planning;
            _peers = pass.Peers;
        }
    }

    /// <summary>A pass could not even be made: the host does not answer.</summary>
    public void PassFailed()
    {
        lock (_gate)
        {
            _passes++;
            _failedPasses++;
        }
    }

    /// <param name="nodes">In the map.</param>
    /// <param name="mapBytes">As it is kept on the disk.</param>
    public string ToText(RunRecord run, Identity identity, int nodes, long mapBytes)
    {
        lock (_gate)
        {
            var text = new Exposition();
            text.Gauge("meshd_info", "Who this is; always 1.", 1,
                ("version", run.Version), ("organization", identity.Organization ?? ""), ("agent", identity.Name), ("node", identity.NodeId ?? ""));
            text.Gauge("meshd_connected", "1 while the stream to a controller is open.", run.Connected ? 1 : 0);
            text.Counter("meshd_connects_total", "Streams that a controller welcomed.", _connects);
            text.Counter("meshd_disconnects_total", "Streams that ended, and attempts that failed.", _disconnects);
            text.Gauge("meshd_map_revision", "Of the newest map here.", run.Revision);
            text.Gauge("meshd_applied_revision", "Of the map that the kernel has.", run.AppliedRevision);
            text.Gauge("meshd_map_nodes", "Nodes in the map, with this one.", nodes);
            text.Gauge("meshd_map_bytes", "Of the map as it is kept.", mapBytes);
            text.Begin("meshd_peers", "gauge", "Peers by state: live (a handshake in the last 180 s), silent (an older one), never.");
            text.Add("meshd_peers", _peers.Live, ("state", "live"));
            text.Add("meshd_peers", _peers.Silent, ("state", "silent"));
            text.Add("meshd_peers", _peers.Never, ("state", "never"));
            text.Gauge("meshd_handshake_age_seconds_max", "The oldest last handshake of a live peer.", _peers.OldestLiveSeconds);
            text.Counter("meshd_passes_total", "Times that the host was compared with the map.", _passes);
            text.Counter("meshd_passes_failed_total", "Of these, those that could not do everything.", _failedPasses);
            text.Counter("meshd_changes_total", "Changes made to the host, tried or done.", _changes);
            text.Begin("meshd_pass_seconds_total", "counter", "Time of all passes, by step: plan (reading the host too), apply.");
            text.Add("meshd_pass_seconds_total", _planning.TotalSeconds, ("step", "plan"));
            text.Add("meshd_pass_seconds_total", _applying.TotalSeconds, ("step", "apply"));
            text.Begin("meshd_warnings", "gauge", "Warnings that hold now, by code.");
            foreach (var group in run.Warnings.GroupBy(warning => warning.Code))
            {
                text.Add("meshd_warnings", group.Count(), ("code", group.Key));
            }

            text.Gauge("meshd_failures", "What the last pass could not do.", run.Failures.Length);
            text.Gauge("process_resident_memory_bytes", "Of this process.", Environment.WorkingSet);
            text.Gauge("process_start_time_seconds", "Since 1970.", run.Started.ToUnixTimeSeconds());
            return text.ToString();
        }
    }

    private void Add(ref long count)
    {
        lock (_gate)
        {
            count++;
        }
    }
}

/// <summary>How many peers are how.</summary>
internal readonly record struct PeerStates(int Live, int Silent, int Never, long OldestLiveSeconds)
{
    public static PeerStates Of(ObservedDevice? device, DateTimeOffset now)
    {
        var (live, silent, never, oldest) = (0, 0, 0, 0L);
        foreach (var peer in device?.Peers.Values ?? [])
        {
            if (peer.IsLive(now))
            {
                live++;
                oldest = Math.Max(oldest, now.ToUnixTimeSeconds() - peer.LastHandshakeUnixSeconds);
            }
            else if (peer.LastHandshakeUnixSeconds > 0)
            {
                silent++;
            }
            else
            {
                never++;
            }
        }

        return new PeerStates(live, silent, never, oldest);
    }
}
