using MeshActors.Agent.Linux;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Maps;

namespace MeshActors.Agent.CommandLine;

/// <summary>One peer's state, with the reason where it cannot be reached.</summary>
internal static class PeerReports
{
    public static PeerReport Of(MapNode node, ObservedDevice? device, IReadOnlyList<LinkState> links, DateTimeOffset now)
    {
        var peer = device?.Peers.GetValueOrDefault(node.Key);
        var here = LocalEndpoints.Addresses(links).ToHashSet();
        string[] candidates = [.. node.Endpoints.Where(endpoint => !here.Contains(endpoint.Address)).Select(endpoint => $"{endpoint}")];
        var age = peer is { LastHandshakeUnixSeconds: > 0 } ? now.ToUnixTimeSeconds() - peer.LastHandshakeUnixSeconds : (long?)null;
        return new PeerReport
        {
            Name = node.Name,
            NodeId = node.Id.ToString(),
            PublicKey = node.Key.ToString(),
            Addresses = [.. node.Addresses.Select(prefix => prefix.ToString())],
            Prefixes = [.. node.Prefixes.Select(prefix => prefix.ToString())],
            AllowedIps = [.. (peer?.AllowedIps ?? []).Select(prefix => prefix.ToString())],
            Endpoint = peer?.Endpoint?.ToString(),
            Candidates = candidates,
            HandshakeAgeSeconds = age,
            ReceivedBytes = peer?.ReceivedBytes ?? 0,
            SentBytes = peer?.SentBytes ?? 0,
            Reachable = peer?.IsLive(now) ?? false,
            Reason = Reason(peer, device, candidates, age, now),
        };
    }

    private static string? Reason(ObservedPeer? peer, ObservedDevice? device, string[] candidates, long? age, DateTimeOffset now)
    {
        if (peer is null)
        {
            return device is null ? "the interface is not there; start meshd" : "not set up in WireGuard yet; the next pass does it if meshd runs";
        }

        if (peer.IsLive(now))
        {
            return null;
        }

        var silence = age is null ? "no handshake yet" : $"no handshake in {age} s";
        return candidates.Length == 0
            ? $"{silence}; no endpoint known, so it waits for the peer to call"
            : $"{silence}; tried in turn: {string.Join(", ", candidates)}. Is the peer's meshd running, and its UDP port open to one of these?";
    }
}
