using System.Buffers.Text;
using System.Security.Cryptography;
using MeshActors.Contracts.Trust;
using MeshActors.Domain.Trust;

namespace MeshActors.Remoting;

/// <summary>
/// Who a host is in an organization. Store it before the first join, so that a repeated join is the same node; and again
/// after it. It holds two secrets.
/// </summary>
/// <param name="Name">Of the node.</param>
/// <param name="PrivateKey">WireGuard's, 32 bytes.</param>
/// <param name="CredentialSecret">43 characters; only its hash leaves the host before the node is in.</param>
public sealed record NodeIdentity(string Name, ReadOnlyMemory<byte> PrivateKey, string CredentialSecret)
{
    /// <summary>Null until the controller has taken the node in.</summary>
    public string? Organization { get; init; }

    public string? NodeId { get; init; }

    public bool IsJoined => Organization is not null && NodeId is not null;

    public static NodeIdentity Create(string name)
    {
        var key = RandomNumberGenerator.GetBytes(PossessionProof.KeySizeBytes);

        // As RFC 7748 has it, and `wg genkey` does.
        key[0] &= 248;
        key[31] = (byte)((key[31] & 127) | 64);
        return new NodeIdentity(name, key, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
    }

    /// <summary>Without its secrets.</summary>
    public override string ToString() => $"{Name} ({NodeId ?? "not joined"})";

    internal Bearer Credential() => IsJoined
        ? new Bearer(Bearer.CredentialKind, Organization!, NodeId!, CredentialSecret, null)
        : throw new InvalidOperationException($"'{Name}' has not joined an organization yet.");
}
