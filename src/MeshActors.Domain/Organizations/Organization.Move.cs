using Event = MeshActors.Domain.Organizations.OrganizationEvent;

namespace MeshActors.Domain.Organizations;

public static partial class Organization
{
    /// <summary>What a home that is not the organization's own says, for ever.</summary>
    public static Refusal Elsewhere(OrganizationId id, RegionName region) => new(RefusalCodes.OrganizationMoved,
        $"Organization '{id}' has moved to region '{region}', and nothing is decided here any more; ask a gateway that knows '{region}', "
        + $"or finish the move with `meshctl org move {id} --to {region}`.");

    private static Decision<Event> Move(OrganizationState state, RegionName to) =>
        state.Id.Region is null ? Decision<Event>.Reject(RefusalCodes.RegionUnknown,
            $"Organization '{state.Id}' has no region in its id, so other regions could not find it; only organizations that were made in a region can move.")
        : state.Home == to ? Decision<Event>.Unchanged
        : state.MovingTo is { } other ? Decision<Event>.Reject(Elsewhere(state.Id, other))
        : Decision<Event>.Accept(new Event.Moved(to));

    private static Decision<Event> Settle(OrganizationState state, RegionName region) =>
        state.MovingTo == region ? Decision<Event>.Accept(new Event.Settled(region))
        : state.MovingTo is null && state.Home == region ? Decision<Event>.Unchanged
        : Decision<Event>.Reject(RefusalCodes.RegionUnknown,
            $"Organization '{state.Id}' was not given up to region '{region}'; begin with `meshctl org move {state.Id} --to {region}`.");
}
