using MeshActors.Domain.Ipam;
using Command = MeshActors.Domain.Organizations.OrganizationCommand;
using Event = MeshActors.Domain.Organizations.OrganizationEvent;

namespace MeshActors.Domain.Organizations;

public static partial class Organization
{
    private static Decision<Event> Announce(OrganizationState state, Command.Announce c) =>
        (FindActive(state, c.Node, out var node) ?? WrongName(c.Name)) is { } reason
            ? Decision<Event>.Reject(reason)
            : Announce(state, node, c.Name, c.RequestedAddresses, c.Prefixes, c.Endpoints, []);

    /// <summary>What a node that is in already says of itself now.</summary>
    private static Decision<Event> Announce(
        OrganizationState state,
        Node node,
        string name,
        ValueList<string> requestedAddresses,
        ValueList<string> prefixes,
        ValueList<Endpoint> endpoints,
        ReadOnlySpan<Event> before)
    {
        if ((AddressRules.Keep(node, requestedAddresses) ?? WrongName(name)) is { } reason)
        {
            return Decision<Event>.Reject(reason);
        }

        var steps = new Steps(state);
        foreach (var step in before)
        {
            steps.Add(step);
        }

        if (node.Name != name)
        {
            steps.Add(new Event.NodeRenamed(node.Id, name));
        }

        if (node.Endpoints != endpoints)
        {
            steps.Add(new Event.EndpointsChanged(node.Id, endpoints));
        }

        return AnnouncePrefixes(steps, node.Id, prefixes);
    }

    /// <summary>What a node announces with the event that brings it in.</summary>
    private static Decision<Event> Announce(OrganizationState state, Event arrival, ValueList<string> prefixes)
    {
        var steps = new Steps(state);
        steps.Add(arrival);
        var node = arrival switch
        {
            Event.NodeJoined e => e.Node,
            Event.NodeReplaced e => e.Node,
            _ => throw new System.Diagnostics.UnreachableException(arrival.GetType().Name),
        };
        return AnnouncePrefixes(steps, node, prefixes);
    }

    /// <summary>All the prefixes are granted together, or none is and nothing else is stored either.</summary>
    private static Decision<Event> AnnouncePrefixes(Steps steps, NodeId id, ValueList<string> texts)
    {
        var node = steps.State.Nodes[id];
        if (Read(steps.State, node, texts, out var wanted) is { } reason)
        {
            return Decision<Event>.Reject(reason);
        }

        var missing = wanted.Where(prefix => !node.Allocated.Any(held => held.Contains(prefix))).ToValueList();
        if (node.Allocated.Count + missing.Count > Limits.PrefixesPerNodeMax)
        {
            return Decision<Event>.Reject(RefusalCodes.TooManyPrefixes,
                $"Node '{node.Name}' would hold {node.Allocated.Count + missing.Count} prefixes, and may hold {Limits.PrefixesPerNodeMax}; announce larger networks.");
        }

        if (missing.Count > 0)
        {
            steps.Add(new Event.PrefixesAllocated(id, missing));
        }

        if (node.Announced != wanted)
        {
            steps.Add(new Event.PrefixesAnnounced(id, wanted));
        }

        return steps.Accept();
    }

    /// <summary>The first fault of the list, or the prefixes, sorted and each once.</summary>
    private static Refusal? Read(OrganizationState state, Node node, ValueList<string> texts, out ValueList<Prefix> prefixes)
    {
        prefixes = [];
        if (texts.Count > Limits.PrefixesPerNodeMax)
        {
            return new Refusal(RefusalCodes.TooManyPrefixes,
                $"Node '{node.Name}' asks for {texts.Count} prefixes, and may hold {Limits.PrefixesPerNodeMax}; announce larger networks.");
        }

        var read = new SortedSet<Prefix>();
        foreach (var text in texts)
        {
            if ((ChildPrefixRules.Check(text, out var prefix) ?? Free(state, node, prefix)) is { } reason)
            {
                return reason;
            }

            read.Add(prefix);
        }

        prefixes = read.ToValueList();
        return null;
    }

    private static Refusal? Free(OrganizationState state, Node node, Prefix prefix)
    {
        var pool = state.Plan.PoolOf(prefix.IsV6);
        if (pool.Overlaps(prefix))
        {
            return new Refusal(RefusalCodes.PrefixInPool,
                $"{prefix} overlaps {pool}, from which organization '{state.Id}' gives nodes their own addresses; choose a network outside of it.");
        }

        if (state.Plan.FindConflict(prefix, node.Id) is not var (held, holderId))
        {
            return null;
        }

        var holder = state.Nodes[holderId];
        return new Refusal(RefusalCodes.PrefixOverlap,
            $"{prefix} overlaps {held}, which {(holder.IsRemoved ? "the removed node" : "node")} '{holder.Name}' ({holder.Id}) holds for ever; "
            + $"choose another network, or, if this machine takes that one's place, run `meshctl node replace {holder.Id}`.");
    }
}
