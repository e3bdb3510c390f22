using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Setup;
using MeshActors.Cluster.Storage;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Entities;

/// <summary>An organization as a feed of this process has it.</summary>
/// <param name="LastHash">Of the row of that revision: with it that row proves all rows before it.</param>
internal sealed record Replica(OrganizationState State, long Revision, byte[] LastHash) : INoSerializationVerificationNeeded
{
    /// <summary>Of the newest snapshot that is stored, or 0.</summary>
    public long SnapshotRevision { get; init; }
}

/// <summary>What the feeds of this process have now.</summary>
internal sealed class Replicas
{
    private readonly ConcurrentDictionary<OrganizationId, Replica> _replicas = [];

    public void Show(OrganizationId organization, Replica replica) => _replicas[organization] = replica;

    public void Forget(OrganizationId organization) => _replicas.TryRemove(organization, out _);

    public IEnumerable<OrganizationId> Organizations => _replicas.Keys;

    public Replica? Find(OrganizationId organization) => _replicas.GetValueOrDefault(organization);
}

/// <summary>Gives an actor that Akka makes from a configuration what it needs.</summary>
internal sealed class ReplicaSetup(Replicas replicas, JournalDatabase journal) : Setup
{
    public Replicas Replicas => replicas;

    public JournalDatabase Journal => journal;
}
