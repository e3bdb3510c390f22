using Command = MeshActors.Domain.Organizations.OrganizationCommand;
using Event = MeshActors.Domain.Organizations.OrganizationEvent;

namespace MeshActors.Domain.Organizations;

public static partial class Organization
{
    private static Decision<Event> Join(OrganizationState state, Command.Join c, DateTimeOffset now)
    {
        if (!state.JoinKeys.TryGetValue(c.JoinKeyId, out var key) || !key.Key.Hash.Matches(c.Presented))
        {
            return Decision<Event>.Reject(InvalidJoinKey);
        }

        var known = state.NodesByKey.TryGetValue(c.Key, out var id) ? state.Nodes[id] : null;
        var isRetry = known is { IsRemoved: false } && known.Key == c.Key && known.Credential == c.Credential
            && (key.Key.Replaces ?? known.Id) == known.Id;
        if (known is not null && isRetry)
        {
            return Announce(state, known, c.Name, c.RequestedAddresses, c.Prefixes, c.Endpoints, []);
        }

        if ((Unusable(key, known, c.Key, now) ?? WrongName(c.Name)) is { } reason)
        {
            return Decision<Event>.Reject(reason);
        }

        if (key.Key.Replaces is { } replaced)
        {
            return Replace(state, c, state.Nodes[replaced]);
        }

        return known is null ? JoinAsNew(state, c) : Rejoin(state, c, known);
    }

    /// <summary>One sentence for an unknown organization, an unknown key and a wrong secret: it tells nothing to who guesses.</summary>
    public static readonly Refusal InvalidJoinKey = new(RefusalCodes.JoinKeyInvalid,
        "This join key opens nothing here; copy the whole join URL again, or ask the operator for a new one (`meshctl join-key create`).");

    private static Refusal? Unusable(JoinKeyState key, Node? known, PublicKey joining, DateTimeOffset now) =>
        key.IsRevoked ? new(RefusalCodes.JoinKeyRevoked,
            $"Join key '{key.Key.Id}' was revoked; ask the operator for a new one (`meshctl join-key create`).")
        : key.Key.ExpiresAt is { } expiry && now >= expiry ? new(RefusalCodes.JoinKeyExpired,
            $"Join key '{key.Key.Id}' expired at {expiry.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; ask the operator for a new one (`meshctl join-key create`).")
        // Not good for its own machine either once that was removed or replaced: an old line must not undo what came after.
        : key.SpentBy is { } by && (by != known?.Id || known.IsRemoved || known.Key != joining) ? new(RefusalCodes.JoinKeyUsed,
            $"Join key '{key.Key.Id}' was for one machine, and {by} has joined with it; ask the operator for a new one (`meshctl join-key create`).")
        : null;

    private static Decision<Event> JoinAsNew(OrganizationState state, Command.Join c)
    {
        if (TooMany(state) is { } tooMany)
        {
            return Decision<Event>.Reject(tooMany);
        }

        if (AddressRules.Choose(state, c.NewNode, c.RequestedAddresses, out var addresses) is { } reason)
        {
            return Decision<Event>.Reject(reason);
        }

        var joined = new Event.NodeJoined(c.NewNode, c.Name, c.Key, c.Credential, addresses, c.Endpoints, c.JoinKeyId);
        return Announce(state, joined, c.Prefixes);
    }

    /// <summary>The same machine, which lost its credential.</summary>
    private static Decision<Event> Rejoin(OrganizationState state, Command.Join c, Node node)
    {
        if (node.IsRemoved)
        {
            return Decision<Event>.Reject(Removed(node));
        }

        return node.Key == c.Key
            ? Announce(state, node, c.Name, c.RequestedAddresses, c.Prefixes, c.Endpoints,
                [new Event.CredentialChanged(node.Id, c.Credential, c.JoinKeyId)])
            : Decision<Event>.Reject(RefusalCodes.KeyInUse,
                $"This WireGuard key was node '{node.Name}''s ({node.Id}) before another machine took its place; delete the agent's state directory to join with a new key.");
    }

    private static Decision<Event> Replace(OrganizationState state, Command.Join c, Node node)
    {
        if (state.NodesByKey.TryGetValue(c.Key, out var owner) && owner != node.Id)
        {
            return Decision<Event>.Reject(RefusalCodes.KeyInUse,
                $"This WireGuard key is or was node '{state.Nodes[owner].Name}''s ({owner}); delete the agent's state directory to take the place of '{node.Name}' with a new key.");
        }

        if (node.IsRemoved && TooMany(state) is { } tooMany)
        {
            return Decision<Event>.Reject(tooMany);
        }

        return AddressRules.Keep(node, c.RequestedAddresses) is { } reason
            ? Decision<Event>.Reject(reason)
            : Announce(state, new Event.NodeReplaced(node.Id, c.Name, c.Key, c.Credential, c.Endpoints, c.JoinKeyId), c.Prefixes);
    }

    private static Refusal? TooMany(OrganizationState state) =>
        state.ActiveNodes >= Limits.NodesMax ? new(RefusalCodes.TooManyNodes,
            $"Organization '{state.Id}' has {Limits.NodesMax} nodes, the most it may have; remove one (`meshctl node remove`).")
        : state.Nodes.Count >= Limits.NodesEverMax ? new(RefusalCodes.TooManyNodes,
            $"Organization '{state.Id}' has had {Limits.NodesEverMax} nodes, the most it may have; let new machines take the place of removed ones (`meshctl node replace`).")
        : null;

    private static Refusal? WrongName(string name) =>
        name.Length is > 0 and <= Limits.NameLengthMax && name.All(ch => char.IsAsciiLetterOrDigit(ch) || ch is '-' or '_' or '.')
            ? null
            : new Refusal(RefusalCodes.NameMalformed,
                $"A node's name has 1 to {Limits.NameLengthMax} letters, digits, '-', '_' or '.'; give another with --name.");
}
