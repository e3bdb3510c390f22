using MeshActors.Domain;

namespace MeshActors.Cluster.Projections;

/// <summary>An organization's journal goes to that revision now. Said on the event stream of the process in which the entity lives, and at most once.</summary>
internal sealed record JournalGrew(OrganizationId Organization, long Revision);
