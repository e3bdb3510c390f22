using MeshActors.Domain.Ipam;

namespace MeshActors.Domain.Organizations;

/// <summary>Which addresses of the pools a node gets: those that it asks for, else the lowest free ones. For ever.</summary>
public static class AddressRules
{
    /// <summary>One address of each pool for a new node.</summary>
    public static Refusal? Choose(OrganizationState state, NodeId node, ValueList<string> requested, out ValueList<Prefix> addresses)
    {
        addresses = [];
        if (Read(requested, out var asked) is { } malformed)
        {
            return malformed;
        }

        var chosen = new List<Prefix>(2);
        foreach (var isV6 in (ReadOnlySpan<bool>)[false, true])
        {
            var wish = asked.Where(a => a.IsV6 == isV6).Select(a => (Prefix?)a).FirstOrDefault();
            if ((wish is { } address ? Free(state, address) : null) is { } reason)
            {
                return reason;
            }

            if ((wish ?? state.Plan.LowestFree(isV6)) is not { } found)
            {
                return new Refusal(RefusalCodes.PoolExhausted,
                    $"Every address of {state.Plan.PoolOf(isV6)}, the pool of organization '{state.Id}', is a node's for ever; let the machine take a removed node's place (`meshctl node replace`), or create an organization with a larger pool.");
            }

            chosen.Add(found);
        }

        addresses = chosen.ToValueList();
        return null;
    }

    /// <summary>A node that has its addresses may name them again, and no others.</summary>
    public static Refusal? Keep(Node node, ValueList<string> requested)
    {
        if (Read(requested, out var asked) is { } malformed)
        {
            return malformed;
        }

        foreach (var address in asked)
        {
            if (!node.Addresses.Contains(address))
            {
                return new Refusal(RefusalCodes.AddressFixed,
                    $"Node '{node.Name}' has {string.Join(" and ", node.Addresses.Select(a => a.Address))} for ever and cannot have {address.Address}; leave --request-ip away.");
            }
        }

        return null;
    }

    private static Refusal? Free(OrganizationState state, Prefix address)
    {
        var pool = state.Plan.PoolOf(address.IsV6);
        if (!pool.Contains(address))
        {
            return new Refusal(RefusalCodes.AddressNotInPool,
                $"{address.Address} is not in {pool}, from which organization '{state.Id}' gives nodes their addresses; ask for one of that network.");
        }

        if (state.Plan.FindHolder(address) is not var (_, holder))
        {
            return null;
        }

        return state.Nodes.TryGetValue(holder, out var node)
            ? new Refusal(RefusalCodes.AddressTaken,
                $"{address.Address} is {(node.IsRemoved ? "the removed node" : "node")} '{node.Name}''s ({node.Id}) for ever; ask for another, or leave --request-ip away.")
            : new Refusal(RefusalCodes.AddressNotInPool,
                $"{address.Address} is the network or broadcast address of {pool}, which nobody gets; ask for another.");
    }

    private static Refusal? Read(ValueList<string> texts, out List<Prefix> addresses)
    {
        addresses = [];
        foreach (var text in texts)
        {
            if (!Prefix.TryParseAddress(text, out var address))
            {
                return new Refusal(RefusalCodes.AddressMalformed,
                    $"'{(text.Length <= 64 ? text : text[..64] + "...")}' is no address; write it as 100.64.0.10 or fd00::10, without a length.");
            }

            addresses.Add(Prefix.Host(address));
        }

        return addresses.Count(a => a.IsV6) > 1 || addresses.Count(a => !a.IsV6) > 1
            ? new Refusal(RefusalCodes.AddressMalformed, "A node has one address of each family; ask for at most one IPv4 and one IPv6 address.")
            : null;
    }
}
