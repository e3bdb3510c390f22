using System.Collections.Immutable;
using MeshActors.Domain;

namespace MeshActors.Cluster.Messages;

/// <summary>To the other gateways: a node has a new stream here, so an older one there makes way. Never answered.</summary>
public sealed record SessionStarted(OrganizationId Organization, NodeId Node) : IMeshMessage;

/// <summary>
/// To the other processes: the one that asks is about to stop, and serves these, the most urgent first. Who has them already
/// need not begin them while machines wait. Answered when all are there or time is up.
/// </summary>
public sealed record TakeUp(ImmutableArray<OrganizationId> Organizations) : IMeshMessage;

public sealed record TakenUp : IMeshMessage
{
    public static readonly TakenUp Instance = new();
}

/// <summary>Asks another gateway whom it knows of an organization.</summary>
public sealed record GetPresence(OrganizationId Organization) : IMeshMessage;

public sealed record PresenceAnswer(ImmutableArray<NodePresence> Nodes) : IMeshMessage
{
    public static readonly PresenceAnswer None = new(ImmutableArray<NodePresence>.Empty);
}

public sealed record NodePresence(NodeId Node, Presence Presence) : IMeshMessage;

/// <summary>Asks another gateway which connected agents of an organization do not apply what they are told.</summary>
public sealed record GetLags(OrganizationId Organization) : IMeshMessage;

public sealed record LagsAnswer(ImmutableArray<NodeLag> Nodes) : IMeshMessage
{
    public static readonly LagsAnswer None = new(ImmutableArray<NodeLag>.Empty);
}

/// <param name="BehindSince">When a revision was there for it that it has not applied.</param>
/// <param name="IsStuck">That is too long ago.</param>
public sealed record NodeLag(NodeId Node, DateTimeOffset BehindSince, bool IsStuck) : IMeshMessage;
