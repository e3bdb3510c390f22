using System.Collections.Immutable;
using System.Net;

namespace MeshActors.Domain.DataPlane;

/// <summary>Which endpoint each peer was last tried at, and since when.</summary>
public sealed record EndpointMemory(ImmutableDictionary<PublicKey, EndpointTrial> Trials)
{
    public static readonly EndpointMemory Empty = new(ImmutableDictionary<PublicKey, EndpointTrial>.Empty);
}

public sealed record EndpointTrial(IPEndPoint Endpoint, DateTimeOffset Since);

/// <summary>Finds the endpoint at which a peer answers, by trying one after another.</summary>
public static class EndpointChoice
{
    /// <summary>WireGuard calls every 5 s: a good endpoint gets two chances.</summary>
    public static readonly TimeSpan TrialTime = TimeSpan.FromSeconds(10);

    /// <returns>The trial that is under way (null when there is nothing to try), and the endpoint to set (null: leave it).</returns>
    public static (EndpointTrial? Trial, IPEndPoint? Set) Next(
        EndpointTrial? trial, IReadOnlyList<IPEndPoint> candidates, ObservedPeer? peer, DateTimeOffset now)
    {
        if (candidates.Count == 0)
        {
            return (null, null);
        }

        // WireGuard roams by itself: where there is a session, it knows better than the map.
        if (peer is { Endpoint: { } inUse } && peer.IsLive(now))
        {
            return (new EndpointTrial(inUse, now), null);
        }

        // After a restart of the agent, what the kernel is trying gets its time.
        trial ??= peer?.Endpoint is { } started && candidates.Contains(started) ? new EndpointTrial(started, now) : null;
        if (trial is not null && now - trial.Since < TrialTime && candidates.Contains(trial.Endpoint))
        {
            return (trial, trial.Endpoint.Equals(peer?.Endpoint) ? null : trial.Endpoint);
        }

        var next = candidates[(IndexOf(candidates, trial?.Endpoint) + 1) % candidates.Count];
        return (new EndpointTrial(next, now), next.Equals(peer?.Endpoint) ? null : next);
    }

    private static int IndexOf(IReadOnlyList<IPEndPoint> candidates, IPEndPoint? endpoint)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates[i].Equals(endpoint))
            {
                return i;
            }
        }

        return -1;
    }
}
