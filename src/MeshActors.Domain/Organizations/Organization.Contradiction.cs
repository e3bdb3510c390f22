using MeshActors.Domain.Ipam;
using Event = MeshActors.Domain.Organizations.OrganizationEvent;

namespace MeshActors.Domain.Organizations;

public static partial class Organization
{
    /// <summary>
    /// Why no decision in this state made the event, or null: what <see cref="Evolve"/> does not look at again because it
    /// was decided here. For events from outside. Limits and names are not looked at: those may change, and history stays.
    /// </summary>
    public static string? FindContradiction(OrganizationState state, Event @event) => @event switch
    {
        Event.Created e => PoolRules.Check(e.Pools)?.Message,
        Event.JoinKeyCreated { Key.Replaces: { } node } when !state.Nodes.ContainsKey(node) => $"a join key is to replace node {node}, which never joined.",
        Event.NodeJoined e => UnknownKey(state, e.JoinKeyId) ?? WrongAddresses(state, e),
        Event.CredentialChanged e => UnknownKey(state, e.JoinKeyId),
        Event.NodeReplaced e => UnknownKey(state, e.JoinKeyId),
        Event.PrefixesAllocated e => WrongPrefixes(state, e),
        _ => null,
    };

    private static string? UnknownKey(OrganizationState state, string id) =>
        state.JoinKeys.ContainsKey(id) ? null : $"a machine came in with join key '{id}', which was never made.";

    private static string? WrongAddresses(OrganizationState state, Event.NodeJoined e)
    {
        if (e.Addresses is not [{ IsV6: false }, { IsV6: true }])
        {
            return $"node {e.Node} got the addresses {e.Addresses}, where one of each family is due.";
        }

        foreach (var address in e.Addresses)
        {
            if (!address.IsHost || !state.Plan.PoolOf(address.IsV6).Contains(address))
            {
                return $"node {e.Node} got {address}, which is no address of {state.Plan.PoolOf(address.IsV6)}.";
            }

            if (state.Plan.FindHolder(address) is var (held, holder))
            {
                return $"node {e.Node} got {address.Address}, and {Holder(state, holder)} holds {held} for ever.";
            }
        }

        return null;
    }

    private static string? WrongPrefixes(OrganizationState state, Event.PrefixesAllocated e)
    {
        foreach (var prefix in e.Prefixes)
        {
            if (state.Plan.Pools.V4.Overlaps(prefix) || state.Plan.Pools.V6.Overlaps(prefix))
            {
                return $"node {e.Node} got {prefix}, which lies in the pool {state.Plan.PoolOf(prefix.IsV6)}.";
            }

            if (ChildPrefixRules.CheckReserved(prefix) is { } reserved)
            {
                return $"node {e.Node} got {prefix}: {reserved.Message}";
            }

            if (state.Plan.FindConflict(prefix, e.Node) is var (held, holder))
            {
                return $"node {e.Node} got {prefix}, and {Holder(state, holder)} holds {held} for ever.";
            }
        }

        return null;
    }

    private static string Holder(OrganizationState state, NodeId holder) =>
        state.Nodes.TryGetValue(holder, out var node) ? $"node '{node.Name}' ({holder})" : "the network itself";
}
