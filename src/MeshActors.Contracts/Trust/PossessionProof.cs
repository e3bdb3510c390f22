using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace MeshActors.Contracts.Trust;

/// <summary>
/// Proof that a joining agent holds the private half of its WireGuard key: both sides derive a key by X25519 (RFC 7748)
/// from the server's key pair and a nonce for this one call, and the agent authenticates the request with it.
/// </summary>
/// <remarks>
/// key = HKDF-SHA256(X25519, salt: nonce, info: "meshactors join v1"); proof = HMAC-SHA256(key, SHA-256(request) ||
/// the server's public key || nonce). The request is covered byte for byte as it was sent.
/// </remarks>
public static class PossessionProof
{
    public const int KeySizeBytes = 32;
    public const int NonceSizeBytes = 32;

    private static readonly byte[] Info = Encoding.ASCII.GetBytes("meshactors join v1");

    /// <summary>The public key of a private one.</summary>
    public static byte[] PublicKeyOf(ReadOnlySpan<byte> privateKey)
    {
        var publicKey = new byte[KeySizeBytes];
        X25519.ScalarMultBase(privateKey, publicKey);
        return publicKey;
    }

    /// <summary>What the agent answers to a challenge.</summary>
    /// <exception cref="CryptographicException">The server's key is no point that gives a shared secret.</exception>
    public static byte[] Answer(JoinRequest request, JoinChallenge challenge, ReadOnlySpan<byte> agentPrivateKey) =>
        Compute(agentPrivateKey, challenge.EphemeralKey.Span, request, challenge)
        ?? throw new CryptographicException("The controller's challenge is no X25519 public key.");

    /// <summary>The server's half: a key pair for as long as it runs, and for each call a nonce, so that a proof fits no other.</summary>
    public sealed class Challenger
    {
        private readonly byte[] _privateKey = RandomNumberGenerator.GetBytes(KeySizeBytes);
        private readonly ByteString _publicKey;

        public Challenger() => _publicKey = UnsafeByteOperations.UnsafeWrap(PublicKeyOf(_privateKey));

        public JoinChallenge Challenge() => new()
        {
            EphemeralKey = _publicKey,
            Nonce = UnsafeByteOperations.UnsafeWrap(RandomNumberGenerator.GetBytes(NonceSizeBytes)),
        };

        public bool Verify(JoinRequest request, JoinChallenge challenge, ReadOnlySpan<byte> proof) =>
            Compute(_privateKey, request.PublicKey.Span, request, challenge) is { } expected
            && CryptographicOperations.FixedTimeEquals(expected, proof);
    }

    private static byte[]? Compute(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, JoinRequest request, JoinChallenge challenge)
    {
        if (publicKey.Length != KeySizeBytes || challenge.Nonce.Length != NonceSizeBytes)
        {
            return null;
        }

        var shared = new byte[KeySizeBytes];
        // False for the points of small order: their secret would be known to everyone.
        if (!X25519.CalculateAgreement(privateKey.ToArray(), 0, publicKey.ToArray(), 0, shared, 0))
        {
            return null;
        }

        Span<byte> key = stackalloc byte[SHA256.HashSizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, key, challenge.Nonce.Span, Info);
        Span<byte> covered = stackalloc byte[SHA256.HashSizeInBytes + KeySizeBytes + NonceSizeBytes];
        SHA256.HashData(request.ToByteArray(), covered);
        challenge.EphemeralKey.Span.CopyTo(covered[SHA256.HashSizeInBytes..]);
        challenge.Nonce.Span.CopyTo(covered[(SHA256.HashSizeInBytes + KeySizeBytes)..]);
        return HMACSHA256.HashData(key, covered);
    }
}
