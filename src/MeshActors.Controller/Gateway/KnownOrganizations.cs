using System.Collections.Concurrent;
using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Controller.CommandLine;
using MeshActors.Domain;

namespace MeshActors.Controller.Gateway;

/// <summary>
/// Whether an organization was ever registered. A made-up name wakes no entity and no feed; a real one is asked for once,
/// since organizations stay for ever, so agents come back even while the directory does not answer.
/// </summary>
internal sealed class KnownOrganizations(IMesh mesh, RegionLinks regions, ControllerOptions options)
{
    private static readonly Refusal NotYet = new(RefusalCodes.Unavailable,
        "No such secret is known here yet, and organizations are still to be imported. When the controller runs without --no-default-org, this is decided.");

    // No more than the directory holds.
    private readonly ConcurrentDictionary<OrganizationId, bool> _known = new();

    /// <summary>Of another region's it is not known here; whoever asks then hears from its home.</summary>
    /// <exception cref="RegionAwayException">The organization's region is not one of this controller's.</exception>
    public async Task<bool> ContainsAsync(OrganizationId organization, CancellationToken cancellationToken)
    {
        regions.Require(organization);
        var isHere = regions.Homes.IsHere(organization);
        if (_known.ContainsKey(organization))
        {
            return true;
        }

        try
        {
            var directory = await mesh.GetDirectoryAsync(cancellationToken).ConfigureAwait(false);
            if (!directory.Organizations.Contains(organization))
            {
                return !isHere;
            }
        }
        catch (MeshUnavailableException) when (!isHere)
        {
            // What is at home elsewhere does not need this region's journal.
            return true;
        }

        // One that was born elsewhere is in this directory since it moved here.
        if (!isHere && regions.Homes.Own is { } own)
        {
            regions.Homes.Learn(organization, own);
        }

        _known[organization] = true;
        return true;
    }

    /// <summary>
    /// Where organizations are to be imported, a secret that opens nothing yet may open something soon: its holder is told to
    /// come again, and no agent ends because it came in the middle of a restore.
    /// </summary>
    /// <remarks>Whether its organization is here already or not: a stranger learns no names.</remarks>
    public Refusal OrNotYet(Refusal refusal) =>
        options.WithoutDefaultOrganization && refusal.Code is (RefusalCodes.CredentialInvalid or RefusalCodes.JoinKeyInvalid) ? NotYet : refusal;

    /// <summary>
    /// What a person means here: a bare name is of this region, or of the time before it had a name. Null for a text that
    /// names no organization.
    /// </summary>
    public async Task<OrganizationId?> ResolveAsync(string text, CancellationToken cancellationToken) =>
        !OrganizationId.TryParse(text, out var id) ? null
        : id.Region is not null || regions.Homes.Own is not { } own || await ContainsAsync(id, cancellationToken).ConfigureAwait(false) ? id
        : id.In(own);
}
