using System.Collections.Concurrent;
using MeshActors.Domain;

namespace MeshActors.Cluster.Regions;

/// <summary>Where organizations are at home, as far as this process has heard. Their journals are the truth.</summary>
/// <param name="own">Null in a deployment without regions: everything is at home.</param>
public sealed class Homes(RegionName? own)
{
    /// <summary>Of organizations that moved. One that is forgotten is asked for at its birthplace again.</summary>
    private const int MovedMax = 10_000;

    private readonly ConcurrentDictionary<OrganizationId, RegionName> _moved = [];

    public RegionName? Own => own;

    /// <summary>A bare name is of this deployment, whatever its region is called now.</summary>
    public RegionName? Of(OrganizationId organization) =>
        _moved.TryGetValue(organization, out var region) ? region : organization.Region ?? own;

    public bool IsHere(OrganizationId organization) => Of(organization) == own;

    /// <summary>True when it is news.</summary>
    public bool Learn(OrganizationId organization, RegionName region)
    {
        if (own is null || organization.Region is null || Of(organization) == region)
        {
            return false;
        }

        if (_moved.Count >= MovedMax)
        {
            _moved.Clear();
        }

        _moved[organization] = region;
        return true;
    }
}
