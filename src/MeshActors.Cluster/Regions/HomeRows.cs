using MeshActors.Contracts.History;
using MeshActors.Domain;

namespace MeshActors.Cluster.Regions;

/// <summary>An organization's rows from its home, wherever that is.</summary>
/// <param name="own">Of this region's database.</param>
internal sealed class HomeRows(OrganizationRows own, RegionLinks links)
{
    public OrganizationRows Own => own;

    /// <param name="to">The last revision wanted; 0 for the newest.</param>
    /// <exception cref="MeshUnavailableException">The journal cannot be read, or its region is away.</exception>
    public IAsyncEnumerable<IReadOnlyList<JournalRow>> ReadAsync(OrganizationId organization, long from, long to, CancellationToken cancellationToken) =>
        links.Homes.IsHere(organization)
            ? own.ReadAsync(organization, from, to, cancellationToken)
            : links.ReadAsync(organization, from, to, cancellationToken);
}
