using System.Net;
using MeshActors.Domain.Ipam;

namespace MeshActors.Domain.Organizations;

/// <summary>Finds the node that an operator means by its id, one of its addresses, or its name.</summary>
public static class NodeLookup
{
    /// <summary>Ids in a sentence about an ambiguous name; a longer list helps nobody.</summary>
    private const int IdsShown = 10;

    /// <remarks>Names are not unique: one that a node in the map has goes before those of removed nodes.</remarks>
    public static Refusal? Find(OrganizationState state, string text, out Node node)
    {
        node = null!;
        if (NodeId.TryParse(text, out var id))
        {
            return state.Nodes.TryGetValue(id, out node!) ? null : Unknown(state, text);
        }

        var found = Prefix.TryParseAddress(text, out var address) ? WithAddress(state, address) : WithName(state, text);
        if (found is [var only])
        {
            node = only;
            return null;
        }

        return found is [] ? Unknown(state, text) : Ambiguous(text, found);
    }

    private static List<Node> WithAddress(OrganizationState state, IPAddress address) =>
        state.Plan.FindHolder(Prefix.Host(address)) is { } held && state.Nodes.TryGetValue(held.Holder, out var node) ? [node] : [];

    private static List<Node> WithName(OrganizationState state, string name)
    {
        var named = state.Nodes.Values.Where(node => node.Name == name).ToList();
        var active = named.FindAll(node => !node.IsRemoved);
        return active.Count > 0 ? active : named;
    }

    private static Refusal Unknown(OrganizationState state, string text) => new(RefusalCodes.NodeUnknown,
        $"Organization '{state.Id}' has no node '{text}'; `meshctl node list --all` shows those that it has.");

    private static Refusal Ambiguous(string text, List<Node> found) => new(RefusalCodes.NodeAmbiguous,
        $"{found.Count} nodes are called '{text}': {string.Join(", ", found.Take(IdsShown).Select(node => node.Id))}"
        + $"{(found.Count > IdsShown ? ", ..." : "")}. Name one by its id.");
}
