using System.Collections.Immutable;
using MeshActors.Domain;

namespace MeshActors.Cluster.Messages;

/// <summary>To the other gateways: a node has a new stream here, so an older one there makes way. Never answered.</summary>
public sealed record SessionStarted(OrganizationId Organization, NodeId Node) : IMeshMessage;

/// <summary>Asks another gateway whom it knows of an organization.</summary>
public sealed record GetPresence(OrganizationId Organization) : IMeshMessage;

public sealed record PresenceAnswer(ImmutableArray<NodePresence> Nodes) : IMeshMessage
{
    public static readonly PresenceAnswer None = new(ImmutableArray<NodePresence>.Empty);
}

public sealed record NodePresence(NodeId Node, Presence Presence) : IMeshMessage;
