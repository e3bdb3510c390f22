using System.Collections.Immutable;
using System.Net;
using MeshActors.Domain.Ipam;

namespace MeshActors.Domain.DataPlane;

/// <summary>The changes that take the observed data plane to the desired one, in order; none when they agree.</summary>
/// <param name="Memory">What to hand to the next plan.</param>
/// <param name="Warnings">Sorted.</param>
public sealed record Plan(ImmutableArray<Change> Changes, EndpointMemory Memory, ImmutableArray<Warning> Warnings)
{
    /// <remarks>
    /// What is new comes first: the kernel moves a CIDR to its new peer in one step, where removing the old peer first
    /// would drop the traffic in between. Sorted: the same input gives the same plan.
    /// </remarks>
    public static Plan From(Observed observed, Desired desired, EndpointMemory memory, DateTimeOffset now)
    {
        var choice = RouteChoice.From(desired, observed.Foreign);
        var changes = ImmutableArray.CreateBuilder<Change>();
        AddDevice(changes, observed, desired);
        var remembered = AddPeers(changes, observed, desired, choice, memory, now);
        changes.AddRange(choice.Routes
            .Where(route => !observed.OwnRoutes.Contains(route) && !observed.OtherRoutes.Contains(route))
            .Select(Change (route) => new Change.AddRoute(route)));
        AddForwarding(changes, observed, desired);
        RemoveStale(changes, observed, desired, choice.Routes);
        return new Plan(changes.ToImmutable(), remembered, choice.Warnings);
    }

    private static void AddDevice(ImmutableArray<Change>.Builder changes, Observed observed, Desired desired)
    {
        var device = observed.Device;
        if (device is null)
        {
            changes.Add(new Change.CreateInterface(desired.Host.Interface));
        }

        if (device?.Key != desired.Host.Key || device.ListenPort != desired.Host.ListenPort)
        {
            changes.Add(new Change.SetDevice(desired.Host.Key, desired.Host.ListenPort));
        }

        changes.AddRange(desired.Addresses
            .Where(address => !observed.Addresses.Contains(new InterfaceAddress(address.Address, address.Length)))
            .Select(Change (address) => new Change.AddAddress(address)));
        if (device is not { IsUp: true, Mtu: Desired.Mtu })
        {
            changes.Add(new Change.BringUp(Desired.Mtu));
        }
    }

    private static EndpointMemory AddPeers(
        ImmutableArray<Change>.Builder changes, Observed observed, Desired desired, RouteChoice choice, EndpointMemory memory, DateTimeOffset now)
    {
        var trials = ImmutableDictionary.CreateBuilder<PublicKey, EndpointTrial>();
        foreach (var peer in desired.Peers)
        {
            var there = observed.Device?.Peers.GetValueOrDefault(peer.Key);
            var candidates = choice.Endpoints[peer.Key];
            var (trial, endpoint) = EndpointChoice.Next(memory.Trials.GetValueOrDefault(peer.Key), candidates, there, now);
            if (trial is not null)
            {
                trials[peer.Key] = trial;
            }

            if (ChangeOf(peer, there, endpoint) is { } change)
            {
                changes.Add(change);
            }
        }

        return new EndpointMemory(trials.ToImmutable());
    }

    private static Change.SetPeer? ChangeOf(DesiredPeer peer, ObservedPeer? there, IPEndPoint? endpoint)
    {
        var allowed = there is null || there.AllowedIps != peer.AllowedIps ? peer.AllowedIps : (ValueList<Prefix>?)null;
        return allowed is null && endpoint is null && there?.KeepaliveSeconds == Desired.KeepaliveSeconds
            ? null
            : new Change.SetPeer(peer.Key, peer.Name, allowed, endpoint);
    }

    private static void AddForwarding(ImmutableArray<Change>.Builder changes, Observed observed, Desired desired)
    {
        if (desired.ForwardsV4 && !observed.ForwardsV4)
        {
            changes.Add(new Change.EnableForwarding(V6: false));
        }

        if (desired.ForwardsV6 && !observed.ForwardsV6)
        {
            changes.Add(new Change.EnableForwarding(V6: true));
        }

        changes.AddRange(desired.OwnPrefixes
            .Where(prefix => Rules(observed, prefix.IsV6) is { } rules && !rules.Contains(prefix))
            .Select(Change (prefix) => new Change.AddDockerRule(prefix)));
    }

    private static void RemoveStale(
        ImmutableArray<Change>.Builder changes, Observed observed, Desired desired, ImmutableArray<Prefix> routes)
    {
        changes.AddRange((observed.DockerV4 ?? []).Concat(observed.DockerV6 ?? [])
            .Where(prefix => !desired.OwnPrefixes.Contains(prefix))
            .Select(Change (prefix) => new Change.RemoveDockerRule(prefix)));
        changes.AddRange(observed.OwnRoutes
            .Where(route => routes.BinarySearch(route) < 0)
            .Order()
            .Select(Change (route) => new Change.RemoveRoute(route)));
        var wanted = desired.Peers.Select(peer => peer.Key).ToHashSet();
        changes.AddRange((observed.Device?.Peers.Keys ?? [])
            .Where(key => !wanted.Contains(key))
            .Order()
            .Select(Change (key) => new Change.RemovePeer(key)));
        changes.AddRange(observed.Addresses
            .Where(address => !desired.Addresses.Any(own => own.Length == address.Length && own.Address.Equals(address.Address)))
            .Select(Change (address) => new Change.RemoveAddress(address)));
    }

    private static ValueList<Prefix>? Rules(Observed observed, bool isV6) => isV6 ? observed.DockerV6 : observed.DockerV4;
}
