using MeshActors.Domain.Ipam;

namespace MeshActors.Contracts.History;

/// <summary>
/// A network as bytes that sort as networks do, in any database: the family, the address, the length. What lies within a
/// network is then one range, and what lies around it a few exact keys.
/// </summary>
public static class NetworkKey
{
    public static byte[] Of(Prefix network) => Of(network.IsV6, network.ToBytes(), network.Length);

    /// <exception cref="ArgumentException">No such key.</exception>
    public static Prefix Read(ReadOnlySpan<byte> key) => key.Length < 2
        ? throw new ArgumentException($"The key of a network has 6 or 18 bytes, not {key.Length}.", nameof(key))
        : Prefix.FromBytes(key[1..^1], key[^1]);

    /// <summary>No key of a network within this one comes after it.</summary>
    public static byte[] EndOf(Prefix network)
    {
        var last = (network.Bits | ~Prefix.Mask(network.Length)) & Prefix.Mask(network.AddressBits);
        return Of(network.IsV6, new Prefix(network.IsV6, last, network.AddressBits).ToBytes(), byte.MaxValue);
    }

    /// <summary>The networks in which this one lies, the largest first; without itself.</summary>
    public static IEnumerable<byte[]> Around(Prefix network) => Enumerable.Range(0, network.Length)
        .Select(length => Of(new Prefix(network.IsV6, network.Bits & Prefix.Mask(length), length)));

    private static byte[] Of(bool isV6, byte[] address, byte length) => [isV6 ? (byte)6 : (byte)4, .. address, length];
}
