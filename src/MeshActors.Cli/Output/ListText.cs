using System.Globalization;
using Wire = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Output;

/// <summary>Everything but nodes and events, for people.</summary>
internal static class ListText
{
    private static readonly string[] OrganizationHeader = ["NAME", "NODES", "CONNECTED", "PREFIXES", "REVISION", "POOLS"];
    private static readonly string[] PrefixHeader = ["PREFIX", "KIND", "NODE", "STATE"];
    private static readonly string[] FoundHeader = ["ORGANIZATION", "PREFIX", "KIND", "NODE", "ID", "SINCE", "STATE"];
    private static readonly string[] JoinKeyHeader = ["ID", "USE", "STATE", "EXPIRES", "REPLACES", "DESCRIPTION"];
    private static readonly string[] TokenHeader = ["ID", "NAME", "SCOPE", "STATE"];

    public static string Organizations(IEnumerable<Wire.Organization> organizations) => Table.Render(
        OrganizationHeader,
        organizations.Select(o => new[]
        {
            o.Name, Number(o.Nodes), Number(o.Connected), Number(o.Prefixes), Number(o.Revision), $"{o.PoolV4}, {o.PoolV6}",
        }));

    public static string Organization(Wire.Organization o) => Table.Facts(
        ("Name", o.Name),
        ("Pools", $"{o.PoolV4}, {o.PoolV6}"),
        ("Nodes", $"{Number(o.Nodes)}, {Number(o.Connected)} connected"),
        ("Prefixes", $"{Number(o.Prefixes)} allocated"),
        ("Revision", Number(o.Revision)),
        ("Region", o.Region.Length > 0 ? o.Region : null));

    public static string Prefixes(IEnumerable<Wire.PrefixHolding> prefixes) => Table.Render(
        PrefixHeader, prefixes.Select(p => new[] { p.Prefix, p.Kind, p.NodeName, PrefixState(p) }));

    public static string Found(IEnumerable<Wire.Found> found) => Table.Render(
        FoundHeader,
        found.Select(f => new[]
        {
            f.Organization, f.Prefix, f.Kind, f.NodeName, f.NodeId, Number(f.SinceRevision),
            f.NodeRemoved ? "reserved, node removed" : f.Kind != "child" ? "" : f.Announced ? "announced" : "reserved",
        }));

    public static string JoinKeys(IEnumerable<Wire.JoinKey> keys, DateTimeOffset now) => Table.Render(
        JoinKeyHeader,
        keys.Select(k => new[]
        {
            k.Id, k.SingleUse ? "single" : "reusable", JoinKeyState(k, now), Moments.Age(Moments.Of(k.ExpiresUnixMs), now), k.Replaces, k.Description,
        }));

    public static string Tokens(IEnumerable<Wire.Token> tokens) => Table.Render(
        TokenHeader,
        tokens.Select(t => new[]
        {
            t.Id, t.Name, t.Organization.Length > 0 ? t.Organization : "controller", t.Revoked ? "revoked" : "usable",
        }));

    public static string Status(Wire.Status s, Uri server, DateTimeOffset now) => Table.Facts(
        ("Controller", server.ToString()),
        ("Address", s.Address),
        ("Version", s.Version),
        ("Started", Moments.Of(s.StartedUnixMs) is { } at ? $"{Moments.Iso(at)} ({Moments.Age(at, now)})" : ""),
        ("Organizations", Number(s.Organizations)),
        ("Connected agents", Number(s.ConnectedAgents)),
        ("Journal", s.Journal),
        ("Lists and searches", !s.HasProjectionLag ? "" : s.ProjectionLag == 0 ? "up to date" : $"{Number(s.ProjectionLag)} revisions behind in {s.ProjectionLagOrganization}"),
        ("Memory", $"{Number(s.MemoryBytes / (1 << 20))} MiB"),
        ("Refused", string.Join(", ", s.Refusals.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {Number(pair.Value)}"))));

    public static string JoinKeyState(Wire.JoinKey key, DateTimeOffset now) =>
        key.Revoked ? "revoked"
        : key.SpentBy.Length > 0 ? $"used by {key.SpentBy}"
        : Moments.Of(key.ExpiresUnixMs) <= now ? "expired"
        : "usable";

    private static string PrefixState(Wire.PrefixHolding prefix) =>
        prefix.NodeRemoved ? "reserved, node removed"
        : prefix.Kind != "child" ? ""
        : prefix.Announced ? "announced"
        : "reserved";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
