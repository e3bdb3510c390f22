using MeshActors.Domain.Ipam;
using Event = MeshActors.Domain.Organizations.OrganizationEvent;

namespace MeshActors.Domain.Organizations;

public static partial class Organization
{
    /// <exception cref="InvalidOperationException">The journal contradicts itself: stop the entity, do not guess.</exception>
    public static OrganizationState Evolve(OrganizationState state, Event @event) => @event switch
    {
        // The fence: whatever else follows was written by a home that had given the organization up.
        _ when state.MovingTo is { } region && @event is not Event.Settled =>
            throw new InvalidOperationException($"{@event} follows the move of organization '{state.Id}' to region '{region}', which only that region's settling may."),
        Event.Created e when !state.Exists => OrganizationState.Initial with { Id = e.Organization, Plan = AddressPlan.For(e.Pools) },
        Event.JoinKeyCreated e when !state.JoinKeys.ContainsKey(e.Key.Id) =>
            state with { JoinKeys = state.JoinKeys.Add(e.Key.Id, new JoinKeyState(e.Key, IsRevoked: false, SpentBy: null)) },
        Event.JoinKeyRevoked e when state.JoinKeys.TryGetValue(e.KeyId, out var key) && !key.IsRevoked =>
            state with { JoinKeys = state.JoinKeys.SetItem(e.KeyId, key with { IsRevoked = true }) },
        Event.TokenCreated e when !state.Tokens.ContainsKey(e.Token.Id) =>
            state with { Tokens = state.Tokens.Add(e.Token.Id, new TokenState(e.Token, IsRevoked: false)) },
        Event.TokenRevoked e when state.Tokens.TryGetValue(e.TokenId, out var token) && !token.IsRevoked =>
            state with { Tokens = state.Tokens.SetItem(e.TokenId, token with { IsRevoked = true }) },
        Event.NodeJoined e when !state.Nodes.ContainsKey(e.Node) && !state.NodesByKey.ContainsKey(e.Key) => Joined(state, e),
        Event.NodeReplaced e when state.Nodes.TryGetValue(e.Node, out var node) => Replaced(state, e, node),
        Event.CredentialChanged e when Active(state, e.Node) is { } node =>
            Spend(With(state, node with { Credential = e.Credential }), e.JoinKeyId, e.Node),
        Event.NodeRenamed e when Active(state, e.Node) is { } node => With(state, node with { Name = e.Name }),
        Event.PrefixesAllocated e when Active(state, e.Node) is { } node => Allocated(state, e, node),
        Event.PrefixesAnnounced e when Active(state, e.Node) is { } node && e.Prefixes.All(p => node.Allocated.Any(a => a.Contains(p))) =>
            With(state, node with { Announced = e.Prefixes }),
        Event.EndpointsChanged e when Active(state, e.Node) is { } node => With(state, node with { Endpoints = e.Endpoints }),
        Event.NodeRemoved e when Active(state, e.Node) is { } node =>
            With(state, node with { IsRemoved = true, Announced = [], Endpoints = [] }) with { ActiveNodes = state.ActiveNodes - 1 },
        Event.Moved e when state.MovingTo is null && state.Home != e.To => state with { MovingTo = e.To },
        Event.Settled e when state.MovingTo == e.In => state with { MovingTo = null, SettledIn = e.In },
        _ => throw new InvalidOperationException($"{@event} does not follow from the history of organization '{state.Id}'."),
    };

    private static OrganizationState Joined(OrganizationState state, Event.NodeJoined e)
    {
        var node = new Node(e.Node, e.Name, e.Key, e.Credential, e.Addresses, [], [], e.Endpoints, IsRemoved: false);
        return Spend(With(state, node), e.JoinKeyId, e.Node) with
        {
            Plan = e.Addresses.Aggregate(state.Plan, (plan, address) => plan.Assign(address, e.Node)),
            NodesByKey = state.NodesByKey.Add(e.Key, e.Node),
            ActiveNodes = state.ActiveNodes + 1,
        };
    }

    private static OrganizationState Replaced(OrganizationState state, Event.NodeReplaced e, Node node)
    {
        if (state.NodesByKey.TryGetValue(e.Key, out var owner) && owner != e.Node)
        {
            throw new InvalidOperationException($"{e} takes the key of node {owner}.");
        }

        var replaced = node with
        {
            Name = e.Name,
            Key = e.Key,
            Credential = e.Credential,
            Endpoints = e.Endpoints,
            Announced = [],
            IsRemoved = false,
        };
        return Spend(With(state, replaced), e.JoinKeyId, e.Node) with
        {
            NodesByKey = state.NodesByKey.SetItem(e.Key, e.Node),
            ActiveNodes = state.ActiveNodes + (node.IsRemoved ? 1 : 0),
        };
    }

    private static OrganizationState Allocated(OrganizationState state, Event.PrefixesAllocated e, Node node) =>
        With(state, node with { Allocated = node.Allocated.Concat(e.Prefixes).Order().ToValueList() }) with
        {
            Plan = e.Prefixes.Aggregate(state.Plan, (plan, prefix) => plan.Assign(prefix, e.Node)),
        };

    private static OrganizationState Spend(OrganizationState state, string keyId, NodeId node) =>
        state.JoinKeys.TryGetValue(keyId, out var key) && !key.Key.Reusable && key.SpentBy is null
            ? state with { JoinKeys = state.JoinKeys.SetItem(keyId, key with { SpentBy = node }) }
            : state;

    private static OrganizationState With(OrganizationState state, Node node) =>
        state with { Nodes = state.Nodes.SetItem(node.Id, node) };

    private static Node? Active(OrganizationState state, NodeId id) =>
        state.Nodes.TryGetValue(id, out var node) && !node.IsRemoved ? node : null;
}
