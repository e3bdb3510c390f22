using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshActors.Cli.Output;

// What -o json prints. Programs read these names: fields are added, never renamed.

/// <param name="Region">Where it is at home; null where there are no regions.</param>
internal sealed record OrganizationDocument(
    string Name, string PoolV4, string PoolV6, long Revision, int Nodes, int Connected, int Prefixes, string? Region = null);

internal sealed record OrganizationsDocument(IReadOnlyList<OrganizationDocument> Organizations);

/// <param name="LastSeen">UTC, or null for never.</param>
/// <param name="BehindSince">UTC; null when it has applied what it was told, or is only just behind.</param>
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
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? FormerKeys,
    string? BehindSince = null,
    bool Stuck = false);

/// <param name="Closed">Null while it is open.</param>
internal sealed record SessionDocument(string Opened, string? Closed, string RemoteAddress, string AgentVersion, string Reason);

internal sealed record NodesDocument(string Organization, long Revision, IReadOnlyList<NodeDocument> Nodes);

internal sealed record PrefixDocument(string Prefix, string Kind, string NodeId, string NodeName, bool Announced, bool NodeRemoved);

internal sealed record PrefixesDocument(string Organization, IReadOnlyList<PrefixDocument> Prefixes);

/// <param name="SinceRevision">Of the event that first named it.</param>
internal sealed record FoundDocument(
    string Organization, string Prefix, string Kind, bool Announced, long SinceRevision, string NodeId, string NodeName, string NodeKey, bool NodeRemoved);

/// <param name="OrganizationsBehind">Of which the newest changes are not among it yet.</param>
internal sealed record FoundsDocument(IReadOnlyList<FoundDocument> Found, bool More, int OrganizationsBehind);

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

/// <param name="Refusals">Since the process started, by DOOR/CODE.</param>
internal sealed record StatusDocument(
    string Server, string Version, string? Started, string Address, int Organizations, int ConnectedAgents, string Journal, long MemoryBytes,
    IReadOnlyDictionary<string, long>? Refusals = null, LagDocument? ProjectionLag = null);

/// <summary>The organization whose lists and searches are furthest behind its journal.</summary>
internal sealed record LagDocument(string Organization, long Revisions);

/// <param name="Hash">SHA-256 of the stored record.</param>
/// <param name="PreviousHash">That of the one before it, as the record says; empty in the first.</param>
/// <param name="Record">The stored bytes, in base64.</param>
internal sealed record StoredEventDocument(EventDocument Event, string Hash, string PreviousHash, string Record);

/// <param name="Hash">Of the last event.</param>
internal sealed record ExportDocument(string Organization, string File, long From, long To, long Events, string Hash, double Seconds);

internal sealed record ExportsDocument(IReadOnlyList<ExportDocument> Exports);

/// <param name="Held">Events that were there already.</param>
internal sealed record ImportDocument(string Organization, long Revision, long Added, long Held, double Seconds);

/// <param name="IsWhole">From revision 1 on: only then it is known who held what.</param>
/// <param name="Hash">Of the last event.</param>
/// <param name="StateHash">Of the organization that the events make, in its canonical form.</param>
internal sealed record VerifiedDocument(
    string Organization, long From, long To, long Events, string Hash, bool IsWhole, int? Nodes, int? Prefixes, string? StateHash, double Seconds,
    long? Projection = null);

/// <summary>An organization at a moment.</summary>
internal sealed record ReplayDocument(
    string Organization,
    long Revision,
    string? Time,
    string PoolV4,
    string PoolV6,
    string Hash,
    string StateHash,
    IReadOnlyList<PastNodeDocument> Nodes,
    IReadOnlyList<PastKeyDocument> JoinKeys,
    IReadOnlyList<PastKeyDocument> Tokens);

/// <param name="Reserved">Allocated to it and not announced.</param>
internal sealed record PastNodeDocument(
    string Id,
    string Name,
    string PublicKey,
    IReadOnlyList<string> Addresses,
    IReadOnlyList<string> Announced,
    IReadOnlyList<string> Reserved,
    IReadOnlyList<string> Endpoints,
    bool Removed);

internal sealed record PastKeyDocument(string Id, string Name, string State);

/// <summary>What one machine was told: itself, and everybody whom it could reach and who could reach it.</summary>
internal sealed record PastMapDocument(
    string Organization, long Revision, string? Time, PastNodeDocument Node, IReadOnlyList<PastNodeDocument> Peers);

internal sealed record DiffDocument(string Organization, long From, long To, IReadOnlyList<DifferenceDocument> Differences);

/// <param name="Kind">added, removed or changed.</param>
/// <param name="What">node, join-key or token.</param>
/// <param name="Field">Of a change.</param>
internal sealed record DifferenceDocument(string Kind, string What, string Id, string Name, string? Field, string? Before, string? After);

internal sealed record StoryDocument(string Organization, string About, IReadOnlyList<ChapterDocument> Events);

internal sealed record ChapterDocument(long Revision, string Time, string Type, PrincipalDocument By, string RequestId, string Sentence);
