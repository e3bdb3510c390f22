using System.Security.Cryptography;
using System.Text;
using MeshActors.Contracts.Trust;
using MeshActors.Domain;

namespace MeshActors.Agent.State;

/// <summary>WireGuard's private key, in the form that `wg` reads. It never prints.</summary>
internal sealed class KeyFile
{
    public const string File = "private.key";

    private KeyFile(byte[] privateKey)
    {
        Private = privateKey;
        Public = new PublicKey(PossessionProof.PublicKeyOf(privateKey));
    }

    public byte[] Private { get; }

    public PublicKey Public { get; }

    /// <exception cref="HostCannotException">There is a file, and it is broken: it is never replaced silently.</exception>
    public static KeyFile ReadOrCreate(StateDirectory state, bool mayCreate)
    {
        if (!state.Has(File))
        {
            return mayCreate ? Create(state) : throw Broken(state, "it is missing although this machine has joined.");
        }

        Span<byte> key = stackalloc byte[PublicKey.SizeBytes];
        var text = System.IO.File.ReadAllText(state.PathOf(File)).Trim();
        return text.Length == 44 && Convert.TryFromBase64String(text, key, out var written) && written == PublicKey.SizeBytes
            ? new KeyFile(key.ToArray())
            : throw Broken(state, "it is truncated or corrupt.");
    }

    public override string ToString() => "***";

    private static KeyFile Create(StateDirectory state)
    {
        var key = RandomNumberGenerator.GetBytes(PublicKey.SizeBytes);

        // As RFC 7748 has it, and `wg genkey` does.
        key[0] &= 248;
        key[31] = (byte)((key[31] & 127) | 64);
        state.Write(File, Encoding.ASCII.GetBytes(Convert.ToBase64String(key) + "\n"));
        return new KeyFile(key);
    }

    private static HostCannotException Broken(StateDirectory state, string what) =>
        new($"cannot use {state.PathOf(File)}: {what} {Identity.Remedy}");
}
