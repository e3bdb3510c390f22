using MeshActors.Contracts.History;

namespace MeshActors.Cluster.Projections;

/// <summary>A page of an organization's events.</summary>
/// <param name="From">The first revision wanted.</param>
/// <param name="To">The last one; 0 for the newest.</param>
/// <param name="NewestFirst">From the end backwards.</param>
/// <param name="Limit">So many at most.</param>
public sealed record EventQuery(EventFilter Filter, long From, long To, bool NewestFirst, int Limit);

/// <param name="Entries">In the order that was asked for; fewer than the limit, or none, does not say that there are no more.</param>
/// <param name="Next">The revision at which to go on: the next page's from, or to; 0 at the end.</param>
public sealed record EventPage(IReadOnlyList<OrganizationEntry> Entries, long Next);
