using System.Runtime.CompilerServices;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Regions;

/// <summary>
/// Moves an organization to another region: the old home stores that it gives it up, which ends its own writing for ever;
/// then the new one takes the journal and goes on in it. Interrupted anywhere, the same move again finishes it.
/// </summary>
public sealed class OrganizationMove(IMesh mesh, RegionLinks links, RegionHome home)
{
    /// <exception cref="MeshUnavailableException">A region does not answer: move again later.</exception>
    public async IAsyncEnumerable<ArrivalStep> RunAsync(
        OrganizationState state, RegionName to, Meta meta, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Check(state, to) is { } reason)
        {
            yield return new ArrivalStep(0, reason);
            yield break;
        }

        // Where the rows are: a move that has begun has left them at the home before.
        var from = (state.MovingTo is null ? state.Home : state.SettledIn ?? state.Id.Region)!.Value;
        var fault = await home.ProbeAsync(state.Id, from, to, meta, cancellationToken).ConfigureAwait(false);
        if (fault is null && await mesh.ExecuteAsync(state.Id, new OrganizationCommand.Move(to), meta, cancellationToken).ConfigureAwait(false) is CommandReply.Refused(var refused))
        {
            fault = refused;
        }

        if (fault is not null)
        {
            yield return new ArrivalStep(0, fault);
            yield break;
        }

        await foreach (var step in home.ArriveAsync(state.Id, from, to, meta, cancellationToken).ConfigureAwait(false))
        {
            if (step.IsSettled)
            {
                links.Homes.Learn(state.Id, to);
            }

            yield return step;
        }
    }

    private Refusal? Check(OrganizationState state, RegionName to) =>
        links.Homes.Own is null || !links.Knows(to) ? new Refusal(RefusalCodes.RegionUnknown,
            $"This controller does not know region '{to}'; start it with --peer-region {to}=https://HOST:PORT.")
        : state.Id.Region is null ? new Refusal(RefusalCodes.RegionUnknown,
            $"Organization '{state.Id}' has no region in its id, so other regions could not find it; only organizations that were made in a region can move.")
        : state.MovingTo is { } other && other != to ? Organization.Elsewhere(state.Id, other)
        : null;
}
