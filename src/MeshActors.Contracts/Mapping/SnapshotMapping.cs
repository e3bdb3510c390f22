using Google.Protobuf;
using MeshActors.Contracts.Journal.V1;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using static MeshActors.Contracts.Mapping.OrganizationEventMapping;

namespace MeshActors.Contracts.Mapping;

/// <summary>An organization's whole state as one protobuf message: for snapshots, and for feeds that begin.</summary>
public static class SnapshotMapping
{
    /// <param name="lastHash">SHA-256 of the journal's row at that revision.</param>
    public static OrganizationSnapshot ToSnapshot(OrganizationState state, long revision, ReadOnlySpan<byte> lastHash)
    {
        var formerKeys = state.NodesByKey.ToLookup(entry => entry.Value, entry => entry.Key);
        return new OrganizationSnapshot
        {
            Organization = state.Id.Value,
            PoolV4 = state.Plan.Pools.V4.ToWire(),
            PoolV6 = state.Plan.Pools.V6.ToWire(),
            Nodes = { state.Nodes.Values.Select(node => ToRecord(node, formerKeys[node.Id])) },
            JoinKeys = { state.JoinKeys.Values.Select(ToRecord) },
            Tokens = { state.Tokens.Values.Select(token => new SnapshotToken { Token = OrganizationEventMapping.ToRecord(token.Token), Revoked = token.IsRevoked }) },
            LastHash = ByteString.CopyFrom(lastHash),
            Revision = revision,
            MovingTo = state.MovingTo?.Value ?? "",
            SettledIn = state.SettledIn?.Value ?? "",
        };
    }

    /// <exception cref="FormatException">The message is not one that this software made.</exception>
    public static OrganizationState ToState(OrganizationSnapshot snapshot) => snapshot.Organization.Length == 0
        ? OrganizationState.Initial
        : OrganizationState.Restore(
            OrganizationId.Parse(snapshot.Organization),
            new AddressPools(snapshot.PoolV4.ToDomain(), snapshot.PoolV6.ToDomain()),
            [.. snapshot.Nodes.Select(ToNode)],
            snapshot.Nodes.SelectMany(node => node.FormerKeys
                .Append(node.PublicKey)
                .Select(key => KeyValuePair.Create(key.ToPublicKey(), node.Id.ToNodeId()))),
            snapshot.JoinKeys.Select(ToJoinKey),
            snapshot.Tokens.Select(token => new TokenState(ToToken(token.Token), token.Revoked))) with
        {
            MovingTo = ToRegion(snapshot.MovingTo),
            SettledIn = ToRegion(snapshot.SettledIn),
        };

    private static RegionName? ToRegion(string text) => text.Length == 0 ? null : RegionName.Parse(text);

    internal static SnapshotNode ToRecord(Node node, IEnumerable<PublicKey> keys) => new()
    {
        Id = node.Id.ToWire(),
        Name = node.Name,
        PublicKey = node.Key.ToWire(),
        Credential = JournalMapping.FromSecretHash(node.Credential),
        Addresses = { node.Addresses.Select(AgentMapping.ToWire) },
        Allocated = { node.Allocated.Select(AgentMapping.ToWire) },
        Announced = { node.Announced.Select(AgentMapping.ToWire) },
        Endpoints = { node.Endpoints.Select(AgentMapping.ToWire) },
        Removed = node.IsRemoved,
        FormerKeys = { keys.Where(key => key != node.Key).Order().Select(AgentMapping.ToWire) },
    };

    internal static Node ToNode(SnapshotNode node) => new(
        node.Id.ToNodeId(),
        node.Name,
        node.PublicKey.ToPublicKey(),
        JournalMapping.ToSecretHash(node.Credential),
        ToPrefixes(node.Addresses),
        ToPrefixes(node.Allocated),
        ToPrefixes(node.Announced),
        ToEndpoints(node.Endpoints),
        node.Removed);

    private static SnapshotJoinKey ToRecord(JoinKeyState key) => new()
    {
        Key = OrganizationEventMapping.ToRecord(key.Key),
        Revoked = key.IsRevoked,
        SpentBy = key.SpentBy?.ToWire() ?? ByteString.Empty,
    };

    private static JoinKeyState ToJoinKey(SnapshotJoinKey key) => new(
        OrganizationEventMapping.ToJoinKey(key.Key), key.Revoked, key.SpentBy.IsEmpty ? null : key.SpentBy.ToNodeId());
}
