using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Domain.Maps;

/// <summary>One machine as its peers know it.</summary>
/// <param name="Addresses">Hosts, v4 first.</param>
/// <param name="Prefixes">Announced child prefixes, sorted.</param>
/// <param name="Endpoints">In the order in which to try them.</param>
public sealed record MapNode(
    NodeId Id,
    string Name,
    PublicKey Key,
    ValueList<Prefix> Addresses,
    ValueList<Prefix> Prefixes,
    ValueList<Endpoint> Endpoints)
{
    private const int FixedSize = 16 + PublicKey.SizeBytes + (4 * 4);
    private const int PrefixSize = 17;
    private const int EndpointSize = 19;

    public static MapNode Of(Node node) =>
        new(node.Id, node.Name, node.Key, node.Addresses, node.Announced, node.Endpoints);

    /// <summary>The first 128 bits of SHA-256 over the node's canonical bytes: every field, big-endian, lists with their counts.</summary>
    public UInt128 Digest()
    {
        var size = FixedSize + Encoding.UTF8.GetByteCount(Name)
            + ((Addresses.Count + Prefixes.Count) * PrefixSize) + (Endpoints.Count * EndpointSize);
        Span<byte> bytes = size <= 1024 ? stackalloc byte[size] : new byte[size];
        Write(bytes);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private void Write(Span<byte> rest)
    {
        Id.ToBytes().CopyTo(rest);
        Key.ToBytes().CopyTo(rest[16..]);
        rest = rest[48..];

        var length = Encoding.UTF8.GetBytes(Name, rest[4..]);
        BinaryPrimitives.WriteInt32BigEndian(rest, length);
        rest = Write(Addresses, rest[(4 + length)..]);
        rest = Write(Prefixes, rest);

        BinaryPrimitives.WriteInt32BigEndian(rest, Endpoints.Count);
        rest = rest[4..];
        foreach (var endpoint in Endpoints)
        {
            rest[0] = (byte)endpoint.Kind;
            BinaryPrimitives.WriteUInt128BigEndian(rest[1..], Prefix.Host(endpoint.Address).Bits);
            BinaryPrimitives.WriteUInt16BigEndian(rest[17..], endpoint.Port);
            rest = rest[EndpointSize..];
        }
    }

    private static Span<byte> Write(ValueList<Prefix> prefixes, Span<byte> rest)
    {
        BinaryPrimitives.WriteInt32BigEndian(rest, prefixes.Count);
        rest = rest[4..];
        foreach (var prefix in prefixes)
        {
            BinaryPrimitives.WriteUInt128BigEndian(rest, prefix.Bits);
            // One byte for both: v6 lengths are 0 to 128, v4 lengths stand after them.
            rest[16] = prefix.IsV6 ? prefix.Length : (byte)(129 + prefix.Length);
            rest = rest[PrefixSize..];
        }

        return rest;
    }
}
