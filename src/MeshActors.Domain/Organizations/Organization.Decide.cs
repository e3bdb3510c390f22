using System.Collections.Immutable;
using System.Diagnostics;
using MeshActors.Domain.Ipam;
using Command = MeshActors.Domain.Organizations.OrganizationCommand;
using Event = MeshActors.Domain.Organizations.OrganizationEvent;

namespace MeshActors.Domain.Organizations;

/// <summary>The rules of one organization. Pure: the same state, command and time give the same decision.</summary>
public static partial class Organization
{
    public static Decision<Event> Decide(OrganizationState state, Command command, DateTimeOffset now) => command switch
    {
        Command.Create c => Create(state, c),
        _ when !state.Exists => Decision<Event>.Reject(
            RefusalCodes.OrganizationUnknown, "There is no such organization; `meshctl org list` shows those that there are."),
        Command.Move c => Move(state, c.To),
        Command.Settle c => Settle(state, c.In),
        _ when state.MovingTo is { } region => Decision<Event>.Reject(Elsewhere(state.Id, region)),
        Command.CreateJoinKey c => CreateJoinKey(state, c),
        Command.RevokeJoinKey c => RevokeJoinKey(state, c),
        Command.CreateToken c => CreateToken(state, c),
        Command.RevokeToken c => RevokeToken(state, c),
        Command.Join c => Join(state, c, now),
        Command.Announce c => Announce(state, c),
        Command.ReportEndpoints c => ReportEndpoints(state, c),
        Command.RemoveNode c => RemoveNode(state, c),
        _ => throw new UnreachableException(command.GetType().Name),
    };

    private static Decision<Event> Create(OrganizationState state, Command.Create c)
    {
        if (!state.Exists)
        {
            return PoolRules.Check(c.Pools) is { } reason
                ? Decision<Event>.Reject(reason)
                : Decision<Event>.Accept(new Event.Created(c.Organization, c.Pools));
        }

        return state.Plan.Pools == c.Pools
            ? Decision<Event>.Unchanged
            : Decision<Event>.Reject(RefusalCodes.OrganizationExists,
                $"Organization '{state.Id}' is there already, with the pools {state.Plan.Pools.V4} and {state.Plan.Pools.V6}, which never change; choose another name.");
    }

    private static Decision<Event> CreateJoinKey(OrganizationState state, Command.CreateJoinKey c) =>
        state.JoinKeys.ContainsKey(c.Key.Id) ? Decision<Event>.Unchanged
        : state.JoinKeys.Count >= Limits.JoinKeysMax ? Decision<Event>.Reject(RefusalCodes.TooManyJoinKeys,
            $"Organization '{state.Id}' has made {Limits.JoinKeysMax} join keys, the most it may; use a reusable one.")
        : c.Key.Replaces is { } node && !state.Nodes.ContainsKey(node) ? Decision<Event>.Reject(Unknown(state, node))
        : Decision<Event>.Accept(new Event.JoinKeyCreated(c.Key));

    private static Decision<Event> RevokeJoinKey(OrganizationState state, Command.RevokeJoinKey c) =>
        !state.JoinKeys.TryGetValue(c.KeyId, out var key) ? Decision<Event>.Reject(RefusalCodes.JoinKeyUnknown,
            $"Organization '{state.Id}' has no join key '{c.KeyId}'; `meshctl join-key list` shows those that it has.")
        : key.IsRevoked ? Decision<Event>.Unchanged
        : Decision<Event>.Accept(new Event.JoinKeyRevoked(c.KeyId));

    private static Decision<Event> CreateToken(OrganizationState state, Command.CreateToken c) =>
        state.Tokens.ContainsKey(c.Token.Id) ? Decision<Event>.Unchanged
        : state.Tokens.Count >= Limits.TokensMax ? Decision<Event>.Reject(RefusalCodes.TooManyTokens,
            $"Organization '{state.Id}' has made {Limits.TokensMax} tokens, the most it may, revoked ones included.")
        : Decision<Event>.Accept(new Event.TokenCreated(c.Token));

    private static Decision<Event> RevokeToken(OrganizationState state, Command.RevokeToken c) =>
        !state.Tokens.TryGetValue(c.TokenId, out var token) ? Decision<Event>.Reject(RefusalCodes.TokenUnknown,
            $"Organization '{state.Id}' has no token '{c.TokenId}'; `meshctl token list` shows those that it has.")
        : token.IsRevoked ? Decision<Event>.Unchanged
        : Decision<Event>.Accept(new Event.TokenRevoked(c.TokenId));

    private static Decision<Event> ReportEndpoints(OrganizationState state, Command.ReportEndpoints c) =>
        FindActive(state, c.Node, out var node) is { } reason ? Decision<Event>.Reject(reason)
        : node.Endpoints == c.Endpoints ? Decision<Event>.Unchanged
        : Decision<Event>.Accept(new Event.EndpointsChanged(c.Node, c.Endpoints));

    private static Decision<Event> RemoveNode(OrganizationState state, Command.RemoveNode c) =>
        !state.Nodes.TryGetValue(c.Node, out var node) ? Decision<Event>.Reject(Unknown(state, c.Node))
        : node.IsRemoved ? Decision<Event>.Unchanged
        : Decision<Event>.Accept(new Event.NodeRemoved(c.Node));

    private static Refusal? FindActive(OrganizationState state, NodeId id, out Node node) =>
        !state.Nodes.TryGetValue(id, out node!) ? Unknown(state, id)
        : node.IsRemoved ? Removed(node)
        : null;

    private static Refusal Unknown(OrganizationState state, NodeId node) => new(RefusalCodes.NodeUnknown,
        $"Organization '{state.Id}' has no node {node}; `meshctl node list --all` shows those that it has.");

    private static Refusal Removed(Node node) => new(RefusalCodes.NodeRemoved,
        $"Node '{node.Name}' ({node.Id}) was removed; what it holds stays reserved for it. To bring it back: `meshctl node replace {node.Id}`, "
        + "and run the line that it prints on the machine; to join as a new node: delete the agent's state directory.");

    /// <summary>Events that follow one another: each is decided in the state that those before it made.</summary>
    private sealed class Steps(OrganizationState state)
    {
        private readonly ImmutableArray<Event>.Builder _events = ImmutableArray.CreateBuilder<Event>();

        public OrganizationState State { get; private set; } = state;

        public void Add(Event @event)
        {
            State = Evolve(State, @event);
            _events.Add(@event);
        }

        public Decision<Event> Accept() => Decision<Event>.Accept(_events.ToImmutable());
    }
}
