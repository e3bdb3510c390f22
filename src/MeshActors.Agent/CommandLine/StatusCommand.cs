using System.Text.Json;
using MeshActors.Agent.Linux;
using MeshActors.Agent.Session;
using MeshActors.Agent.State;
using MeshActors.Domain;

namespace MeshActors.Agent.CommandLine;

/// <summary>Tells how this node and each peer are: what the agent wrote, held against what the kernel has now.</summary>
internal static class StatusCommand
{
    public static async Task<int> RunAsync(string stateDir, bool json)
    {
        HostChecks.Require();
        var state = new StateDirectory(stateDir);
        var identity = Identities.Read(state);
        if (identity is not { IsJoined: true } || !NodeId.TryParse(identity.NodeId, out var self))
        {
            throw new BadInputException($"this machine has not joined a mesh: there is no node in {state.Root}.");
        }

        var report = await ReadAsync(state, identity, self);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(report, StatusJson.Default.StatusReport));
        }
        else
        {
            StatusText.Write(Console.Out, report);
        }

        return ExitStatus.Stopped;
    }

    private static async Task<StatusReport> ReadAsync(StateDirectory state, Identity identity, NodeId self)
    {
        var run = state.Read(RunRecord.File, StateJson.Default.RunRecord, "It is written again when meshd runs.") ?? new RunRecord();
        var isRunning = IsRunning(state);
        var links = await Links.ReadAsync();
        var link = links.FirstOrDefault(candidate => candidate.Name == run.Interface && candidate.Alias == $"meshd:{state.Root}");
        var device = link is null ? null : await WireGuard.ReadAsync(link);
        var map = MapCache.Read(state);
        var now = TimeProvider.System.GetUtcNow();
        return new StatusReport
        {
            Node = identity.Name,
            NodeId = identity.NodeId!,
            Organization = identity.Organization!,
            PublicKey = device?.Key?.ToString() ?? map.Nodes.GetValueOrDefault(self)?.Key.ToString() ?? "",
            Addresses = Texts(map.Nodes.GetValueOrDefault(self)?.Addresses),
            Prefixes = Texts(map.Nodes.GetValueOrDefault(self)?.Prefixes),
            Interface = run.Interface,
            InterfaceUp = device?.IsUp ?? false,
            Agent = isRunning ? $"running, process {run.Pid}" : "not running; the data plane stays as it was left",
            AgentRunning = isRunning,
            Version = run.Version,
            Server = run.Server.Length > 0 ? run.Server : identity.Servers.FirstOrDefault() ?? "",
            Connected = isRunning && run.Connected,
            ConnectionSince = run.Since,
            LastError = run.LastError,
            Revision = map.Revision,
            AppliedRevision = run.AppliedRevision,
            Peers = [.. map.Nodes.Values.Where(node => node.Id != self).Select(node => PeerReports.Of(node, device, links, now))],
            Warnings = run.Warnings,
            Failures = run.Failures,
        };
    }

    private static string[] Texts(ValueList<Domain.Ipam.Prefix>? prefixes) => [.. (prefixes ?? []).Select(prefix => prefix.ToString())];

    private static bool IsRunning(StateDirectory state)
    {
        using var held = state.TryLock();
        return held is null;
    }
}
