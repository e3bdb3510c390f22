using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.Contracts.Mapping;

/// <summary>
/// A whole map as the bytes of its MapChunks, without a message object for each of its fields: with those, most of the time
/// for a large map goes to the garbage collector.
/// </summary>
/// <remarks>The same bytes as the generated code makes: what each tag says stands in agent.proto.</remarks>
public static class MapEncoding
{
    /// <summary>At about 130 bytes a node, 65 KB, and 32 KB when packed. With all that nodes may have, 1 MB.</summary>
    public const int ChunkNodesMax = 500;

    /// <summary>Encoded MapChunks.</summary>
    public static IEnumerable<byte[]> ToEncodedChunks(this MeshMap map)
    {
        var nodes = map.Nodes.Values.ToArray();
        var from = 0;
        do
        {
            var to = Math.Min(nodes.Length, from + ChunkNodesMax);
            yield return Encode(map, nodes.AsSpan(from..to), isLast: to == nodes.Length);
            from = to;
        }
        while (from < nodes.Length);
    }

    private static byte[] Encode(MeshMap map, ReadOnlySpan<MapNode> nodes, bool isLast)
    {
        Span<int> sizes = stackalloc int[ChunkNodesMax];
        var size = (map.Revision == 0 ? 0 : 1 + SizeOf((ulong)map.Revision)) + 2 + 16 + (isLast ? 2 : 0);
        for (var i = 0; i < nodes.Length; i++)
        {
            sizes[i] = SizeOf(nodes[i]);
            size += 1 + SizeOf((ulong)sizes[i]) + sizes[i];
        }

        var bytes = new byte[size];
        var rest = Varint(bytes, 0x08, (ulong)map.Revision);
        BinaryPrimitives.WriteUInt128BigEndian(Open(ref rest, 0x12, 16), map.Digest);
        for (var i = 0; i < nodes.Length; i++)
        {
            Write(nodes[i], Open(ref rest, 0x1a, sizes[i]));
        }

        Varint(rest, 0x20, isLast ? 1UL : 0);
        return bytes;
    }

    private static int SizeOf(MapNode node)
    {
        var name = Encoding.UTF8.GetByteCount(node.Name);
        var size = 2 + 16 + (name == 0 ? 0 : 1 + SizeOf((ulong)name) + name) + 2 + PublicKey.SizeBytes;
        foreach (var address in node.Addresses)
        {
            size += 2 + SizeOf(address);
        }

        foreach (var prefix in node.Prefixes)
        {
            size += 2 + SizeOf(prefix);
        }

        foreach (var endpoint in node.Endpoints)
        {
            size += 2 + SizeOf(endpoint);
        }

        return size;
    }

    private static void Write(MapNode node, Span<byte> rest)
    {
        node.Id.Value.TryWriteBytes(Open(ref rest, 0x0a, 16), bigEndian: true, out _);
        if (node.Name.Length > 0)
        {
            Encoding.UTF8.GetBytes(node.Name, Open(ref rest, 0x12, Encoding.UTF8.GetByteCount(node.Name)));
        }

        node.Key.WriteTo(Open(ref rest, 0x1a, PublicKey.SizeBytes));
        foreach (var address in node.Addresses)
        {
            Write(address, Open(ref rest, 0x22, SizeOf(address)));
        }

        foreach (var prefix in node.Prefixes)
        {
            Write(prefix, Open(ref rest, 0x2a, SizeOf(prefix)));
        }

        foreach (var endpoint in node.Endpoints)
        {
            Write(endpoint, Open(ref rest, 0x32, SizeOf(endpoint)));
        }
    }

    private static int SizeOf(Prefix prefix) =>
        2 + (prefix.AddressBits / 8) + (prefix.Length == 0 ? 0 : 1 + SizeOf((ulong)prefix.Length));

    private static void Write(Prefix prefix, Span<byte> rest)
    {
        Span<byte> wide = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(wide, prefix.Bits);
        var size = prefix.AddressBits / 8;
        wide[..size].CopyTo(Open(ref rest, 0x0a, size));
        Varint(rest, 0x10, prefix.Length);
    }

    private static int SizeOf(Endpoint endpoint) =>
        (endpoint.Kind == 0 ? 0 : 2) + 2 + AddressSize(endpoint) + (endpoint.Port == 0 ? 0 : 1 + SizeOf((ulong)endpoint.Port));

    private static void Write(Endpoint endpoint, Span<byte> rest)
    {
        rest = Varint(rest, 0x08, (ulong)endpoint.Kind);
        endpoint.Address.TryWriteBytes(Open(ref rest, 0x12, AddressSize(endpoint)), out _);
        Varint(rest, 0x18, endpoint.Port);
    }

    private static int AddressSize(Endpoint endpoint) => endpoint.Address.AddressFamily == AddressFamily.InterNetworkV6 ? 16 : 4;

    /// <summary>The place of a field's content, behind its tag and length.</summary>
    private static Span<byte> Open(ref Span<byte> rest, byte tag, int size)
    {
        rest[0] = tag;
        var content = Varint(rest[1..], (ulong)size);
        rest = content[size..];
        return content[..size];
    }

    /// <summary>As protobuf has it, a zero is not written.</summary>
    private static Span<byte> Varint(Span<byte> rest, byte tag, ulong value)
    {
        if (value == 0)
        {
            return rest;
        }

        rest[0] = tag;
        return Varint(rest[1..], value);
    }

    private static Span<byte> Varint(Span<byte> rest, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            rest[at++] = (byte)(value | 0x80);
        }

        rest[at] = (byte)value;
        return rest[(at + 1)..];
    }

    private static int SizeOf(ulong varint) => varint < 0x80 ? 1 : 1 + SizeOf(varint >> 7);
}
