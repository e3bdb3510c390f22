using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MeshActors.Domain.Trust;

/// <summary>The SHA-256 of a random secret of 256 bits: what is stored of join keys, tokens and credentials.</summary>
/// <remarks>A slow hash would add nothing to a secret that cannot be guessed, and would cost every reconnecting agent.</remarks>
public readonly record struct SecretHash
{
    public const int SizeBytes = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public SecretHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeBytes)
        {
            throw new ArgumentException($"A secret's hash has {SizeBytes} bytes, not {bytes.Length}.", nameof(bytes));
        }

        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    public static SecretHash Of(string secret) => new(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Compares in constant time.</summary>
    public bool Matches(SecretHash presented) => CryptographicOperations.FixedTimeEquals(ToBytes(), presented.ToBytes());

    public byte[] ToBytes()
    {
        var bytes = new byte[SizeBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), _low);
        return bytes;
    }

    public override string ToString() => "***";
}
