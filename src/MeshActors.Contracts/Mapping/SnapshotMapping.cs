using Google.Protobuf;
using MeshActors.Contracts.Journal.V1;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using static MeshActors.Contracts.Mapping.OrganizationEventMapping;

namespace MeshActors.Contracts.Mapping;

/// <summary>An organization's whole state as the bytes of one <see cref="OrganizationSnapshot"/>: for snapshots, and for feeds that begin.</summary>
/// <remarks>
/// Protobuf messages one behind the other are one message with all their parts. So a large organization is written and read
/// a part at a time, and what is made for one part is gone before the next: all at once, it would live until the end.
/// </remarks>
public static class SnapshotMapping
{
    /// <summary>Nodes of a part, some 20 KB.</summary>
    private const int NodesAtOnce = 64;

    /// <summary>Of the bytes, a part that is read.</summary>
    private const int BytesAtOnce = 32 * 1024;

    /// <summary>What a node takes, about.</summary>
    private const int NodeBytes = 400;

    /// <param name="lastHash">SHA-256 of the journal's row at that revision.</param>
    public static byte[] Write(OrganizationState state, long revision, ReadOnlySpan<byte> lastHash)
    {
        using var buffer = new MemoryStream(BytesAtOnce + (state.Nodes.Count * NodeBytes));
        using (var output = new CodedOutputStream(buffer, BytesAtOnce, leaveOpen: true))
        {
            new OrganizationSnapshot
            {
                Organization = state.Id.Value,
                PoolV4 = state.Plan.Pools.V4.ToWire(),
                PoolV6 = state.Plan.Pools.V6.ToWire(),
            }.WriteTo(output);
            var keys = state.NodesByKey.ToLookup(entry => entry.Value, entry => entry.Key);
            foreach (var nodes in state.Nodes.Values.Chunk(NodesAtOnce))
            {
                new OrganizationSnapshot { Nodes = { nodes.Select(node => ToRecord(node, keys[node.Id])) } }.WriteTo(output);
            }

            new OrganizationSnapshot
            {
                JoinKeys = { state.JoinKeys.Values.Select(ToRecord) },
                Tokens = { state.Tokens.Values.Select(token => new SnapshotToken { Token = OrganizationEventMapping.ToRecord(token.Token), Revoked = token.IsRevoked }) },
                LastHash = ByteString.CopyFrom(lastHash),
                Revision = revision,
                MovingTo = state.MovingTo?.Value ?? "",
                SettledIn = state.SettledIn?.Value ?? "",
            }.WriteTo(output);
        }

        return buffer.ToArray();
    }

    /// <exception cref="FormatException">The bytes are not what this software writes.</exception>
    public static (OrganizationState State, long Revision, byte[] LastHash) Read(byte[] bytes)
    {
        var rest = new OrganizationSnapshot();
        var nodes = new List<Node>(bytes.Length / NodeBytes);
        var keys = new List<KeyValuePair<PublicKey, NodeId>>(nodes.Capacity);
        try
        {
            // Who waits for a large organization's recovery waits for this, so that all processors do it. A small one is one part.
            var slices = bytes.Length <= BytesAtOnce ? [bytes] : Slices(bytes).ToArray();
            var parts = new Part[slices.Length];
            Parallel.For(0, slices.Length, index => parts[index] = ReadPart(slices[index]));
            foreach (var part in parts)
            {
                nodes.AddRange(part.Nodes);
                keys.AddRange(part.Keys);
                rest.MergeFrom(part.Rest);
            }
        }
        catch (Exception e) when (CauseOf(e) is InvalidProtocolBufferException or FormatException)
        {
            throw new FormatException($"It is no snapshot of an organization: {CauseOf(e).Message}", e);
        }

        return (ToState(rest, nodes, keys), rest.Revision, rest.LastHash.ToByteArray());
    }

    private static Exception CauseOf(Exception e) => e is AggregateException { InnerExceptions: [var first, ..] } ? first : e;

    private static Part ReadPart(ReadOnlyMemory<byte> slice)
    {
        var reader = new SnapshotNodeReader();
        var part = new Part([], reader.Keys, new OrganizationSnapshot());
        var fields = new WireFields(slice.Span);
        while (fields.MoveNext())
        {
            if (fields.Number == OrganizationSnapshot.NodesFieldNumber)
            {
                part.Nodes.Add(reader.Read(fields.Content));
            }
            else
            {
                part.Rest.MergeFrom(fields.Whole);
            }
        }

        fields.CheckEnd();
        return part;
    }

    /// <summary>The message in parts of whole fields.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Slices(byte[] bytes)
    {
        using var input = new CodedInputStream(bytes);
        var start = 0;
        while (input.ReadTag() != 0)
        {
            input.SkipLastField();
            if (input.Position - start >= BytesAtOnce)
            {
                yield return bytes.AsMemory(start, (int)input.Position - start);
                start = (int)input.Position;
            }
        }

        yield return bytes.AsMemory(start);
    }

    private static OrganizationState ToState(OrganizationSnapshot rest, List<Node> nodes, List<KeyValuePair<PublicKey, NodeId>> keys) =>
        rest.Organization.Length == 0
            ? OrganizationState.Initial
            : OrganizationState.Restore(
                OrganizationId.Parse(rest.Organization),
                new AddressPools(rest.PoolV4.ToDomain(), rest.PoolV6.ToDomain()),
                nodes,
                keys,
                rest.JoinKeys.Select(ToJoinKey),
                rest.Tokens.Select(token => new TokenState(ToToken(token.Token), token.Revoked))) with
            {
                MovingTo = ToRegion(rest.MovingTo),
                SettledIn = ToRegion(rest.SettledIn),
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

    private static SnapshotJoinKey ToRecord(JoinKeyState key) => new()
    {
        Key = OrganizationEventMapping.ToRecord(key.Key),
        Revoked = key.IsRevoked,
        SpentBy = key.SpentBy?.ToWire() ?? ByteString.Empty,
    };

    private static JoinKeyState ToJoinKey(SnapshotJoinKey key) => new(
        OrganizationEventMapping.ToJoinKey(key.Key), key.Revoked, key.SpentBy.IsEmpty ? null : key.SpentBy.ToNodeId());

    /// <param name="Rest">Without the nodes.</param>
    private sealed record Part(List<Node> Nodes, List<KeyValuePair<PublicKey, NodeId>> Keys, OrganizationSnapshot Rest);
}
