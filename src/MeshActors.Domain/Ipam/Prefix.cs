using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace MeshActors.Domain.Ipam;

/// <summary>
/// A canonical IP network, v4 or v6: no bit is set beyond its length. A host address is a prefix of full length.
/// </summary>
/// <remarks>The bits stand at the top of 128, so that v4 and v6 share one arithmetic; the family keeps them apart.</remarks>
public readonly record struct Prefix : IComparable<Prefix>
{
    private static readonly UInt128[] Masks =
        [.. Enumerable.Range(0, 129).Select(length => length == 0 ? 0 : UInt128.MaxValue << (128 - length))];

    /// <exception cref="ArgumentOutOfRangeException">The length is longer than the family's address.</exception>
    /// <exception cref="ArgumentException">Bits are set beyond the length.</exception>
    public Prefix(bool isV6, UInt128 bits, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, isV6 ? 128 : 32);
        if ((bits & ~Mask(length)) != 0)
        {
            throw new ArgumentException("Bits are set beyond the prefix length.", nameof(bits));
        }

        IsV6 = isV6;
        Bits = bits;
        Length = (byte)length;
    }

    public bool IsV6 { get; }

    /// <summary>The network's bits, left-aligned in 128.</summary>
    public UInt128 Bits { get; }

    /// <summary>0 to 32 for v4, 0 to 128 for v6.</summary>
    public byte Length { get; }

    public int AddressBits => IsV6 ? 128 : 32;

    public bool IsHost => Length == AddressBits;

    /// <summary>The network's first address.</summary>
    public IPAddress Address => ToAddress(IsV6, Bits);

    /// <summary>True when every address of the other network lies in this one.</summary>
    public bool Contains(Prefix other) => IsV6 == other.IsV6 && Length <= other.Length && (other.Bits & Mask(Length)) == Bits;

    public bool Overlaps(Prefix other) => Contains(other) || other.Contains(this);

    public static Prefix Host(IPAddress address) => From(address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32);

    /// <summary>The network of that length in which the address lies.</summary>
    public static Prefix From(IPAddress address, int length)
    {
        var isV6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, isV6 ? 128 : 32);
        return new Prefix(isV6, ToBits(address) & Mask(length), length);
    }

    /// <summary>Reads <c>ADDRESS/LENGTH</c>, or a bare address as a host. Refuses bits beyond the length.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Prefix prefix) =>
        TryParse(text, out var address, out var length, out prefix) && ToBits(address) == prefix.Bits;

    /// <summary>Reads <c>ADDRESS/LENGTH</c> whose address may have bits beyond the length.</summary>
    /// <param name="network">The canonical network in which that address lies.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, [NotNullWhen(true)] out IPAddress? address, out int length, out Prefix network)
    {
        address = null;
        length = 0;
        network = default;
        if (text is null || text.Length > 64 || text.Contains('%'))
        {
            return false;
        }

        var slash = text.IndexOf('/');
        var host = slash < 0 ? text : text[..slash];
        if (!TryParseAddress(host, out address))
        {
            return false;
        }

        var longest = address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        length = longest;
        if (slash >= 0 && !TryParseLength(text.AsSpan(slash + 1), longest, out length))
        {
            return false;
        }

        network = From(address, length);
        return true;
    }

    /// <summary>Four decimal numbers or RFC 4291 text; the shorthands and octal forms of inet_aton are no addresses here.</summary>
    public static bool TryParseAddress([NotNullWhen(true)] string? text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (text is null || text.Contains('%') || text.Contains('['))
        {
            return false;
        }

        if (!text.Contains(':'))
        {
            var parts = text.Split('.');
            if (parts.Length != 4 || !parts.All(part => part is { Length: > 0 and <= 3 } && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0')))
            {
                return false;
            }
        }

        return IPAddress.TryParse(text, out address) && !address.IsIPv4MappedToIPv6;
    }

    public byte[] ToBytes()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        return bytes[..(AddressBits / 8)].ToArray();
    }

    /// <param name="bytes">4 or 16 bytes, network order.</param>
    /// <exception cref="ArgumentException">Not 4 or 16 bytes, or not canonical.</exception>
    public static Prefix FromBytes(ReadOnlySpan<byte> bytes, int length)
    {
        if (bytes.Length is not (4 or 16))
        {
            throw new ArgumentException($"An address has 4 or 16 bytes, not {bytes.Length}.", nameof(bytes));
        }

        Span<byte> wide = stackalloc byte[16];
        wide.Clear();
        bytes.CopyTo(wide);
        return new Prefix(bytes.Length == 16, BinaryPrimitives.ReadUInt128BigEndian(wide), length);
    }

    /// <summary>v4 before v6, then by address, then the larger network first.</summary>
    public int CompareTo(Prefix other) =>
        IsV6 != other.IsV6 ? IsV6.CompareTo(other.IsV6)
        : Bits != other.Bits ? Bits.CompareTo(other.Bits)
        : Length.CompareTo(other.Length);

    public override string ToString() => $"{Address}/{Length}";

    /// <summary>The top <paramref name="length"/> bits of 128.</summary>
    public static UInt128 Mask(int length) => Masks[length];

    private static bool TryParseLength(ReadOnlySpan<char> text, int longest, out int length)
    {
        length = 0;
        if (text.Length is 0 or > 3 || (text.Length > 1 && text[0] == '0'))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            length = (length * 10) + (c - '0');
        }

        return length <= longest;
    }

    private static UInt128 ToBits(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static IPAddress ToAddress(bool isV6, UInt128 bits)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, bits);
        return new IPAddress(isV6 ? bytes : bytes[..4]);
    }
}
