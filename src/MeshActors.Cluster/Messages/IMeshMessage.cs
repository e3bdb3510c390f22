using MeshActors.Domain;

namespace MeshActors.Cluster.Messages;

/// <summary>
/// A message between controller processes. It lives as long as a call, and both ends run the same build or its
/// neighbour: a listed type's shape is frozen, and a change is a new type (see <see cref="Serialization.WireTypes"/>).
/// </summary>
public interface IMeshMessage;

/// <summary>To an organization's entity.</summary>
public interface IOrganizationMessage : IMeshMessage
{
    OrganizationId Organization { get; }
}

/// <summary>To a machine's entity.</summary>
public interface INodeMessage : IMeshMessage
{
    OrganizationId Organization { get; }

    NodeId Node { get; }
}

/// <summary>To the one directory.</summary>
public interface IDirectoryMessage : IMeshMessage;

/// <summary>
/// Ends an entity for hand-over or idleness. An own message and no PoisonPill: it waits behind a running write, so the
/// caller still gets its answer.
/// </summary>
public sealed record StopEntity : IMeshMessage
{
    public static readonly StopEntity Instance = new();
}

/// <summary>The entity's journal contradicts itself: it decides nothing until a person has looked.</summary>
/// <param name="Sentence">Names the entity and the remedy.</param>
public sealed record EntityBroken(string Sentence) : IMeshMessage;

/// <summary>A write failed, and the entity has stopped: whether it was stored shows when it recovers. Ask again.</summary>
/// <param name="Sentence">Names the entity and what the journal said.</param>
public sealed record WriteFailed(string Sentence) : IMeshMessage;

/// <summary>To all controllers, from one that is about to stop: its shards move away. Never answered.</summary>
public sealed record Departing : IMeshMessage
{
    public static readonly Departing Instance = new();
}
