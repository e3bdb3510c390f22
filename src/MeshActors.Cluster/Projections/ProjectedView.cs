using MeshActors.Domain;

namespace MeshActors.Cluster.Projections;

/// <summary>One organization's rows in the read model, and how far they go.</summary>
/// <param name="View">The number that its rows carry.</param>
/// <param name="Revision">The last one that is in it; 0 for none.</param>
/// <param name="Hash">SHA-256 of that row of the journal; empty for none.</param>
/// <param name="PeakMs">The latest time of an event.</param>
/// <param name="SetbackMs">How far behind the latest time before it an event's time ever was.</param>
internal sealed record ProjectedView(long View, OrganizationId Organization, ViewState State, long Revision, byte[] Hash, long PeakMs, long SetbackMs);

internal enum ViewState
{
    /// <summary>Made beside the one that serves; nobody reads it.</summary>
    Making = 0,

    Serving = 1,

    /// <summary>Nobody reads it; its rows are being deleted.</summary>
    GivenUp = 2,
}
