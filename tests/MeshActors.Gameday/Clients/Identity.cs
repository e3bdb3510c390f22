using System.Security.Cryptography;
using MeshActors.Contracts.Trust;
using MeshActors.Domain;
using MeshActors.Domain.Trust;

namespace MeshActors.Gameday.Clients;

/// <summary>What a machine keeps in its state directory.</summary>
internal sealed record Identity(byte[] PrivateKey, string Secret)
{
    public PublicKey Key { get; } = new(PossessionProof.PublicKeyOf(PrivateKey));

    public SecretHash Credential => SecretHash.Of(Secret);

    public static Identity New() => new(RandomNumberGenerator.GetBytes(32), NewSecret());

    /// <summary>The same machine, which has lost its credential.</summary>
    public Identity WithNewCredential() => this with { Secret = NewSecret() };

    public override string ToString() => Key.ToString();

    private static string NewSecret() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}

/// <param name="JoinKey">The reusable one, whole.</param>
internal sealed record Team(string Name, string JoinKey);
