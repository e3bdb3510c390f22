using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Feeds;

/// <summary>What a node announces when it connects is known nearly always: then its organization need not be asked.</summary>
internal static class Announcing
{
    /// <summary>True when the organization, in that state, would store nothing for it and refuse nothing.</summary>
    public static bool IsKnown(OrganizationState state, OrganizationCommand.Announce announce, DateTimeOffset now) =>
        Organization.Decide(state, announce, now) is Decision<OrganizationEvent>.Accepted { Events.IsEmpty: true };

    /// <summary>
    /// The same for a stream that has begun: its endpoints may have changed by its own reports, and an organization on its
    /// way to another region, which decides nothing, is no news of a node.
    /// </summary>
    public static bool IsStillKnown(OrganizationState state, Following following, DateTimeOffset now) =>
        following.Announced is not { } announce
        || !state.Nodes.TryGetValue(announce.Node, out var node)
        || IsKnown(state with { MovingTo = null }, following.HasReportedEndpoints ? announce with { Endpoints = node.Endpoints } : announce, now);
}
