using System.Text.Json;
using Wire = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Output;

/// <summary>From what the controller says to what programs read.</summary>
internal static class DocumentMapping
{
    public static OrganizationDocument ToDocument(this Wire.Organization o) =>
        new(o.Name, o.PoolV4, o.PoolV6, o.Revision, o.Nodes, o.Connected, o.Prefixes, o.Region.Length > 0 ? o.Region : null);

    /// <param name="whole">With what only one node's answer has.</param>
    public static NodeDocument ToDocument(this Wire.Node n, bool whole) => new(
        n.Id,
        n.Name,
        n.PublicKey,
        [.. n.Addresses],
        [.. n.Allocated],
        [.. n.Announced],
        [.. n.Endpoints],
        n.Removed,
        n.Connected,
        n.AppliedRevision,
        n.Lag,
        n.AgentVersion,
        Moments.IsoOrNull(n.LastSeenUnixMs),
        [.. n.Warnings],
        whole ? [.. n.Sessions.Select(ToDocument)] : null,
        whole ? [.. n.FormerKeys] : null,
        Moments.IsoOrNull(n.BehindSinceUnixMs),
        n.Stuck);

    public static PrefixDocument ToDocument(this Wire.PrefixHolding p) =>
        new(p.Prefix, p.Kind, p.NodeId, p.NodeName, p.Announced, p.NodeRemoved);

    public static FoundDocument ToDocument(this Wire.Found f) =>
        new(f.Organization, f.Prefix, f.Kind, f.Announced, f.SinceRevision, f.NodeId, f.NodeName, f.NodeKey, f.NodeRemoved);

    public static JoinKeyDocument ToDocument(this Wire.JoinKey k, string? joinUrl = null) => new(
        k.Id, k.Organization, k.SingleUse, Moments.IsoOrNull(k.ExpiresUnixMs), k.Revoked, k.SpentBy, k.Replaces, k.Description, joinUrl);

    public static TokenDocument ToDocument(this Wire.Token t) =>
        new(t.Id, t.Organization, t.Name, t.Revoked, t.Secret.Length > 0 ? t.Secret : null);

    public static EventDocument ToDocument(this Wire.Event e)
    {
        using var facts = JsonDocument.Parse(e.Json.Length > 0 ? e.Json : "{}");
        return new EventDocument(
            e.Revision,
            Moments.Iso(DateTimeOffset.FromUnixTimeMilliseconds(e.TimeUnixMs)),
            e.Type,
            new PrincipalDocument(e.PrincipalKind, e.PrincipalId, e.PrincipalName),
            e.RequestId,
            facts.RootElement.Clone());
    }

    public static StatusDocument ToDocument(this Wire.Status s, Uri server) => new(
        server.ToString(), s.Version, Moments.IsoOrNull(s.StartedUnixMs), s.Address, s.Organizations, s.ConnectedAgents, s.Journal, s.MemoryBytes,
        new SortedDictionary<string, long>(s.Refusals, StringComparer.Ordinal),
        s.ProjectionLag == 0 ? null : new LagDocument(s.ProjectionLagOrganization, s.ProjectionLag));

    private static SessionDocument ToDocument(Wire.NodeSession s) => new(
        Moments.Iso(DateTimeOffset.FromUnixTimeMilliseconds(s.OpenedUnixMs)),
        Moments.IsoOrNull(s.ClosedUnixMs),
        s.RemoteAddress,
        s.AgentVersion,
        s.Reason);
}
