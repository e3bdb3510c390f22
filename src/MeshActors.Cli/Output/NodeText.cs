using System.Globalization;
using System.Text;
using Wire = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Output;

/// <summary>Nodes, for people.</summary>
internal static class NodeText
{
    private static readonly string[] Header = ["NAME", "STATE", "ADDRESSES", "ANNOUNCED", "LAG", "SEEN", "WARNINGS", "ID"];

    private static readonly string[] SessionHeader = ["OPENED", "CLOSED", "FROM", "AGENT", "ENDED BECAUSE"];

    public static string List(IEnumerable<Wire.Node> nodes, DateTimeOffset now) => Table.Render(Header, nodes.Select(node => new[]
    {
        node.Name,
        State(node),
        string.Join(',', node.Addresses),
        string.Join(',', node.Announced),
        node.Connected ? Lag(node, now) : "",
        Seen(node, now),
        Number(node.Warnings.Count),
        node.Id,
    }));

    public static string Show(Wire.Node node, DateTimeOffset now)
    {
        var text = new StringBuilder(Table.Facts(
            ("Name", node.Name),
            ("Id", node.Id),
            ("State", node.Removed ? State(node) : $"{State(node)}, {Progress(node, now)}"),
            ("Last seen", Seen(node, now)),
            ("Addresses", string.Join(", ", node.Addresses)),
            ("Announced", string.Join(", ", node.Announced)),
            ("Reserved", string.Join(", ", node.Allocated.Except(node.Announced))),
            ("Endpoints", string.Join(", ", node.Endpoints)),
            ("Public key", node.PublicKey),
            ("Agent", node.AgentVersion)));
        AppendList(text, "Warnings", node.Warnings);
        AppendList(text, "Former keys", node.FormerKeys);
        if (node.Sessions.Count > 0)
        {
            text.Append("Sessions, newest first:\n").Append(Sessions(node, now));
        }

        return text.ToString();
    }

    private static string Sessions(Wire.Node node, DateTimeOffset now) => Table.Render(SessionHeader, node.Sessions.Select(session => new[]
    {
        Moments.Age(Moments.Of(session.OpenedUnixMs), now),
        session.ClosedUnixMs == 0 ? "open" : Moments.Age(Moments.Of(session.ClosedUnixMs), now),
        session.RemoteAddress,
        session.AgentVersion,
        session.Reason,
    }));

    private static void AppendList(StringBuilder text, string title, IEnumerable<string> lines)
    {
        foreach (var (index, line) in lines.Index())
        {
            text.Append(index == 0 ? title + ":\n" : "").Append("  ").Append(Table.Cell(line)).Append('\n');
        }
    }

    private static string State(Wire.Node node) => node.Removed ? "removed" : node.Stuck ? "stuck" : node.Connected ? "connected" : "away";

    private static string Lag(Wire.Node node, DateTimeOffset now) =>
        node.Stuck ? $"{Number(node.Lag)}, since {Moments.Age(Moments.Of(node.BehindSinceUnixMs), now)}" : Number(node.Lag);

    private static string Progress(Wire.Node node, DateTimeOffset now) =>
        node.AppliedRevision == 0 ? "no applied revision heard"
        : node.Lag == 0 ? $"up to date at revision {Number(node.AppliedRevision)}"
        : $"{Number(node.Lag)} behind, applied revision {Number(node.AppliedRevision)}{(node.Stuck ? $", behind since {Moments.Age(Moments.Of(node.BehindSinceUnixMs), now)}" : "")}";

    private static string Seen(Wire.Node node, DateTimeOffset now) =>
        node.Connected ? "now" : Moments.Age(Moments.Of(node.LastSeenUnixMs), now);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
