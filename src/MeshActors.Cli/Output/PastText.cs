using System.Globalization;
using MeshActors.Contracts.History;
using MeshActors.Cli.Events;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cli.Output;

/// <summary>An organization as it was, for people and for programs.</summary>
internal static class PastText
{
    private static readonly string[] Header = ["NAME", "STATE", "ADDRESSES", "ANNOUNCED", "RESERVED", "ENDPOINTS", "ID"];
    private static readonly string[] DifferenceHeader = ["CHANGE", "WHAT", "NAME", "FIELD", "BEFORE", "AFTER", "ID"];

    public static PastNodeDocument ToDocument(this Node node) => new(
        node.Id.ToString(),
        node.Name,
        node.Key.ToString(),
        [.. node.Addresses.Select(address => address.Address.ToString())],
        [.. node.Announced.Select(prefix => prefix.ToString())],
        [.. node.Allocated.Except(node.Announced).Select(prefix => prefix.ToString())],
        [.. node.Endpoints.Select(EventFacts.ToText)],
        node.IsRemoved);

    public static ReplayDocument ToDocument(Replay replay, string? time)
    {
        var state = replay.State;
        return new ReplayDocument(
            state.Id.Value,
            replay.Revision,
            time,
            state.Plan.Pools.V4.ToString(),
            state.Plan.Pools.V6.ToString(),
            Convert.ToHexStringLower(replay.LastHash),
            Verification.StateHash(state, replay.Revision, replay.LastHash),
            [.. state.Nodes.Values.Select(ToDocument)],
            [.. state.JoinKeys.Values.Select(key => new PastKeyDocument(key.Key.Id, key.Key.Description, Differences.StateOf(key)))],
            [.. state.Tokens.Values.Select(token => new PastKeyDocument(token.Token.Id, token.Token.Name, Differences.StateOf(token)))]);
    }

    public static string Organization(ReplayDocument past) =>
        Table.Facts(
            ("Organization", past.Organization),
            ("Revision", past.Revision.ToString(CultureInfo.InvariantCulture)),
            ("Time", past.Time ?? "before its first event"),
            ("Pools", $"{past.PoolV4}, {past.PoolV6}"),
            ("State", past.StateHash))
        + Nodes(past.Nodes);

    public static string Map(PastMapDocument map) =>
        Table.Facts(
            ("Organization", map.Organization),
            ("Revision", map.Revision.ToString(CultureInfo.InvariantCulture)),
            ("Time", map.Time),
            ("Node", $"{map.Node.Name} ({map.Node.Id}){(map.Node.Removed ? ", removed: it was told nothing" : "")}"),
            ("Addresses", string.Join(", ", map.Node.Addresses)),
            ("Announced", string.Join(", ", map.Node.Announced)),
            ("Reserved", string.Join(", ", map.Node.Reserved)))
        + (map.Peers.Count > 0 ? $"Its peers, who could send to it and it to them:\n{Nodes(map.Peers)}" : "It had no peers.\n");

    public static string Changes(DiffDocument diff) => diff.Differences.Count == 0
        ? $"Nothing is different between revision {diff.From} and revision {diff.To}.\n"
        : Table.Render(DifferenceHeader, diff.Differences.Select(d => new[] { d.Kind, d.What, d.Name, d.Field ?? "", d.Before ?? "", d.After ?? "", d.Id }));

    public static string Chapters(StoryDocument story) => string.Concat(story.Events.Select(e =>
        Plain.OneLine($"{e.Time}  revision {e.Revision}  {e.Sentence} By {By(e.By)}, request {e.RequestId}.") + "\n"));

    private static string By(PrincipalDocument by) => by.Kind switch
    {
        "system" => "the controller itself",
        "token" => $"token '{by.Name}' ({by.Id})",
        "join-key" => $"whoever showed join key {by.Id}",
        _ => $"node '{by.Name}' ({by.Id})",
    };

    private static string Nodes(IEnumerable<PastNodeDocument> nodes) => Table.Render(Header, nodes.Select(node => new[]
    {
        node.Name,
        node.Removed ? "removed" : "in the map",
        string.Join(',', node.Addresses),
        string.Join(',', node.Announced),
        string.Join(',', node.Reserved),
        string.Join(',', node.Endpoints),
        node.Id,
    }));
}
