using System.Buffers.Text;
using System.Security.Cryptography;
using MeshActors.Domain.Trust;

namespace MeshActors.Controller.Trust;

/// <summary>Makes join keys and tokens for people.</summary>
internal static class Secrets
{
    /// <summary>Only a name: 64 bits keep two of one organization apart.</summary>
    private const int IdBytes = 8;

    private const int SecretBytes = 32;

    public static Bearer New(string kind, string scope, string pin) => new(
        kind,
        scope,
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)),
        Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)),
        pin);
}
