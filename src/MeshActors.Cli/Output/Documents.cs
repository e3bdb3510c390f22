using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshActors.Cli.Output;

// What -o json prints. Programs read these names: fields are added, never renamed.

/// <param name="Region">Where it is at home; null where there are no regions.</param>
internal sealed record OrganizationDocument(
    string Name, string PoolV4, string PoolV6, long Revision, int Nodes, int Connected, int Prefixes, string? Region = null);

internal sealed record OrganizationsDocument(IReadOnlyList<OrganizationDocument> Organizations);

/// <param name="LastSeen">UTC, or null for never.</param>
/// <param name="Sessions">Newest first; of one node only.</param>
internal sealed record NodeDocument(
    string Id,
    string Name,
    string PublicKey,
    IReadOnlyList<string> Addresses,
    IReadOnlyList<string> Allocated,
    IReadOnlyList<string> Announced,
    IReadOnlyList<string> Endpoints,
    bool Removed,
    bool Connected,
    long AppliedRevision,
    long Lag,
    string AgentVersion,
    string? LastSeen,
    IReadOnlyList<string> Warnings,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<SessionDocument>? Sessions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? FormerKeys);

/// <param name="Closed">Null while it is open.</param>
internal sealed record SessionDocument(string Opened, string? Closed, string RemoteAddress, string AgentVersion, string Reason);

internal sealed record NodesDocument(string Organization, long Revision, IReadOnlyList<NodeDocument> Nodes);

internal sealed record PrefixDocument(string Prefix, string Kind, string NodeId, string NodeName, bool Announced, bool NodeRemoved);

internal sealed record PrefixesDocument(string Organization, IReadOnlyList<PrefixDocument> Prefixes);

/// <param name="Expires">UTC, or null for never.</param>
/// <param name="JoinUrl">Holds the secret; only in the answer to the key's creation.</param>
internal sealed record JoinKeyDocument(
    string Id,
    string Organization,
    bool SingleUse,
    string? Expires,
    bool Revoked,
    string SpentBy,
    string Replaces,
    string Description,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? JoinUrl);

internal sealed record JoinKeysDocument(string Organization, IReadOnlyList<JoinKeyDocument> JoinKeys);

/// <param name="Organization">Empty for a token of the controller.</param>
/// <param name="Token">The secret; only in the answer to its creation.</param>
internal sealed record TokenDocument(
    string Id,
    string Organization,
    string Name,
    bool Revoked,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token);

internal sealed record TokensDocument(IReadOnlyList<TokenDocument> Tokens);

internal sealed record EventDocument(long Revision, string Time, string Type, PrincipalDocument By, string RequestId, JsonElement Facts);

internal sealed record PrincipalDocument(string Kind, string Id, string Name);

internal sealed record StatusDocument(
    string Server, string Version, string? Started, string Address, int Organizations, int ConnectedAgents, string Journal, long MemoryBytes);
