using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;
using Wire = MeshActors.Contracts.Agent.V1;

namespace MeshActors.Contracts.Mapping;

/// <summary>
/// The agent protocol's messages to and from the domain. Reading throws <see cref="FormatException"/> for a message that
/// no honest sender makes.
/// </summary>
public static class AgentMapping
{
    public static Wire.Cidr ToWire(this Prefix prefix) =>
        new() { Address = UnsafeByteOperations.UnsafeWrap(prefix.ToBytes()), Length = prefix.Length };

    public static Wire.Endpoint ToWire(this Endpoint endpoint) => new()
    {
        Kind = (Wire.Endpoint.Types.Kind)endpoint.Kind,
        Address = UnsafeByteOperations.UnsafeWrap(endpoint.Address.GetAddressBytes()),
        Port = endpoint.Port,
    };

    public static ByteString ToWire(this NodeId id) => UnsafeByteOperations.UnsafeWrap(id.ToBytes());

    public static ByteString ToWire(this PublicKey key) => UnsafeByteOperations.UnsafeWrap(key.ToBytes());

    public static Wire.MapNode ToWire(this MapNode node) => new()
    {
        Id = node.Id.ToWire(),
        Name = node.Name,
        PublicKey = node.Key.ToWire(),
        Addresses = { node.Addresses.Select(ToWire) },
        Prefixes = { node.Prefixes.Select(ToWire) },
        Endpoints = { node.Endpoints.Select(ToWire) },
    };

    public static Wire.Delta ToWire(this MapDelta delta) => new()
    {
        FromRevision = delta.FromRevision,
        Revision = delta.Revision,
        Digest = DigestToWire(delta.Digest),
        Upserts = { delta.Upserts.Select(ToWire) },
        Removals = { delta.Removals.Select(ToWire) },
    };

    public static IEnumerable<Wire.MapChunk> ToChunks(this MeshMap map, int chunkNodesMax)
    {
        var digest = DigestToWire(map.Digest);
        var chunks = map.Nodes.Values.Chunk(chunkNodesMax).DefaultIfEmpty([]).ToList();
        return chunks.Select((nodes, index) => new Wire.MapChunk
        {
            Revision = map.Revision,
            Digest = digest,
            Nodes = { nodes.Select(ToWire) },
            Last = index == chunks.Count - 1,
        });
    }

    public static Prefix ToDomain(this Wire.Cidr? cidr) =>
        cidr is null ? throw new FormatException("A message has no network where one is due.") : ToPrefix(cidr.Address.Span, cidr.Length);

    internal static Prefix ToPrefix(ReadOnlySpan<byte> address, uint length)
    {
        try
        {
            return Prefix.FromBytes(address, checked((int)length));
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new FormatException("A network on the wire is not canonical.", e);
        }
    }

    public static Endpoint ToDomain(this Wire.Endpoint endpoint) => ToEndpoint(endpoint.Kind, endpoint.Address.Span, endpoint.Port);

    internal static Endpoint ToEndpoint(Wire.Endpoint.Types.Kind kind, ReadOnlySpan<byte> address, uint port) =>
        address.Length is 4 or 16 && port is > 0 and <= ushort.MaxValue && kind is >= 0 and <= Wire.Endpoint.Types.Kind.Observed
            ? new Endpoint((EndpointKind)kind, new IPAddress(address), (ushort)port)
            : throw new FormatException("An endpoint on the wire has no address of 4 or 16 bytes, no port, or an unknown kind.");

    public static NodeId ToNodeId(this ByteString bytes) => ToNodeId(bytes.Span);

    internal static NodeId ToNodeId(ReadOnlySpan<byte> bytes) =>
        bytes.Length == 16 ? NodeId.FromBytes(bytes) : throw new FormatException($"A node id has 16 bytes, not {bytes.Length}.");

    public static PublicKey ToPublicKey(this ByteString bytes) => ToPublicKey(bytes.Span);

    internal static PublicKey ToPublicKey(ReadOnlySpan<byte> bytes) =>
        bytes.Length == PublicKey.SizeBytes ? new PublicKey(bytes) : throw new FormatException($"A public key has {PublicKey.SizeBytes} bytes, not {bytes.Length}.");

    public static MapNode ToDomain(this Wire.MapNode node) => new(
        node.Id.ToNodeId(),
        node.Name,
        node.PublicKey.ToPublicKey(),
        node.Addresses.Select(ToDomain).ToValueList(),
        node.Prefixes.Select(ToDomain).ToValueList(),
        node.Endpoints.Select(ToDomain).ToValueList());

    public static MapDelta ToDomain(this Wire.Delta delta) => new(
        delta.FromRevision,
        delta.Revision,
        delta.Upserts.Select(ToDomain).ToValueList(),
        delta.Removals.Select(ToNodeId).ToValueList(),
        delta.Digest.ToDigest());

    public static UInt128 ToDigest(this ByteString bytes) =>
        bytes.Length == 16 ? BinaryPrimitives.ReadUInt128BigEndian(bytes.Span) : throw new FormatException($"A map's digest has 16 bytes, not {bytes.Length}.");

    public static ByteString DigestToWire(UInt128 digest)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, digest);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }
}
