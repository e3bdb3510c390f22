using System.Diagnostics.CodeAnalysis;

namespace MeshActors.Domain;

/// <summary>A machine's identity for ever: addresses and prefixes are assigned to it, whatever its keys. A UUID of version 7 (RFC 9562).</summary>
public readonly record struct NodeId(Guid Value) : IComparable<NodeId>
{
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId id)
    {
        var parsed = Guid.TryParseExact(text, "D", out var value);
        id = new NodeId(value);
        return parsed;
    }

    /// <summary>Big-endian, so that byte order is time order.</summary>
    public byte[] ToBytes() => Value.ToByteArray(bigEndian: true);

    /// <exception cref="ArgumentException">Not 16 bytes.</exception>
    public static NodeId FromBytes(ReadOnlySpan<byte> bytes) => new(new Guid(bytes, bigEndian: true));

    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("D");
}

/// <summary>A WireGuard public key: a Curve25519 point of 32 bytes (RFC 7748), in base64 for people.</summary>
public readonly record struct PublicKey : IComparable<PublicKey>
{
    public const int SizeBytes = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public PublicKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeBytes)
        {
            throw new ArgumentException($"A public key has {SizeBytes} bytes, not {bytes.Length}.", nameof(bytes));
        }

        _high = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    public bool IsZero => _high == 0 && _low == 0;

    public static bool TryParse([NotNullWhen(true)] string? text, out PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        var parsed = text is { Length: 44 } && Convert.TryFromBase64String(text, bytes, out var written) && written == SizeBytes;
        key = parsed ? new PublicKey(bytes) : default;
        return parsed;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[SizeBytes];
        WriteTo(bytes);
        return bytes;
    }

    /// <param name="bytes">With room for <see cref="SizeBytes"/>.</param>
    public void WriteTo(Span<byte> bytes)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes[16..], _low);
    }

    public int CompareTo(PublicKey other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    public override string ToString() => Convert.ToBase64String(ToBytes());
}

/// <summary>Who caused an event.</summary>
/// <param name="Kind">What sort of caller.</param>
/// <param name="Id">The token's, join key's or node's id; empty for <see cref="PrincipalKind.System"/>.</param>
/// <param name="Name">Its name at that time, for people.</param>
public sealed record Principal(PrincipalKind Kind, string Id, string Name)
{
    /// <summary>The controller itself, as at its first start.</summary>
    public static readonly Principal System = new(PrincipalKind.System, "", "controller");
}

public enum PrincipalKind
{
    System = 0,
    Token = 1,
    JoinKey = 2,
    Node = 3,
}
