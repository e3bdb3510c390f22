using System.Collections.Immutable;
using Akka.Actor;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Messages;

/// <summary>Answered with a <see cref="CommandReply"/> after the last event is stored.</summary>
public sealed record ExecuteOrganization(OrganizationId Organization, OrganizationCommand Command, Meta Meta) : IOrganizationMessage;

/// <summary>
/// The sender wants what it misses and every entry from then on. Sent again every few seconds, so that an entity which
/// moved or restarted learns of its feeds.
/// </summary>
/// <param name="HaveRevision">0 for nothing.</param>
/// <param name="Number">Comes back in the answer.</param>
public sealed record Subscribe(OrganizationId Organization, long HaveRevision, long Number) : IOrganizationMessage;

/// <summary>The whole organization, for a feed that has nothing or too little.</summary>
/// <param name="Snapshot">As in the snapshot store.</param>
public sealed record SubscribedWhole(OrganizationId Organization, long Revision, string Manifest, byte[] Snapshot, long Number) : IMeshMessage;

/// <summary>
/// The same for a feed in the entity's own process: the state itself, which nobody can change. Of 1,800 nodes it takes some
/// 25 ms of a processor to write it and to read it again.
/// </summary>
/// <param name="LastHash">SHA-256 of the journal's row at that revision.</param>
internal sealed record SubscribedState(OrganizationState State, long Revision, byte[] LastHash, long Number) : INoSerializationVerificationNeeded;

/// <summary>Stored entries in order. A push has number 0; none at all says that the feed has everything.</summary>
/// <param name="AfterRevision">The revision before the first entry.</param>
public sealed record StoredEntries(OrganizationId Organization, long AfterRevision, ImmutableArray<StoredEntry> Entries, long Number) : IMeshMessage;

/// <param name="Bytes">The record as it stands in the journal.</param>
public sealed record StoredEntry(long Revision, string Manifest, byte[] Bytes) : IMeshMessage;

/// <summary>In place of an answer: another region decides for the organization, or will when its move is finished.</summary>
public sealed record OrganizationElsewhere(OrganizationId Organization, RegionName Region, Refusal Reason) : IMeshMessage;
