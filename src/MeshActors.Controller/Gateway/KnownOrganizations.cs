using System.Collections.Concurrent;
using MeshActors.Cluster;
using MeshActors.Domain;

namespace MeshActors.Controller.Gateway;

/// <summary>
/// Whether an organization was ever registered. A made-up name wakes no entity and no feed; a real one is asked for once,
/// since organizations stay for ever, so agents come back even while the directory does not answer.
/// </summary>
internal sealed class KnownOrganizations(IMesh mesh)
{
    // No more than the directory holds.
    private readonly ConcurrentDictionary<OrganizationId, bool> _known = new();

    public async Task<bool> ContainsAsync(OrganizationId organization, CancellationToken cancellationToken)
    {
        if (_known.ContainsKey(organization))
        {
            return true;
        }

        var directory = await mesh.GetDirectoryAsync(cancellationToken).ConfigureAwait(false);
        if (!directory.Organizations.Contains(organization))
        {
            return false;
        }

        _known[organization] = true;
        return true;
    }
}
