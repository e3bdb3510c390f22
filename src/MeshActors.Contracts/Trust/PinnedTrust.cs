using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshActors.Contracts.Trust;

/// <summary>How a client knows its controller: by the pin of the CA, by a CA file, or as the system does.</summary>
public static class PinnedTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>SHA-256 of the certificate's SubjectPublicKeyInfo in base64url without padding, 43 characters (as RFC 7469).</summary>
    public static string PinOf(X509Certificate2 certificate) =>
        System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>
    /// Accepts a server whose chain ends in the CA with this pin. The host name is not compared: that CA signs
    /// controllers only, and a controller's address may change.
    /// </summary>
    public static RemoteCertificateValidationCallback ByPin(string pin) => (_, certificate, chain, _) =>
        certificate is X509Certificate2 leaf && chain is not null
        && chain.ChainPolicy.ExtraStore.Concat(chain.ChainElements.Select(element => element.Certificate))
            .FirstOrDefault(candidate => PinOf(candidate) == pin) is { } authority
        && IsSignedWithKeyOf(authority, leaf);

    /// <summary>Accepts a server with this name and a chain that ends in one of these CAs.</summary>
    public static RemoteCertificateValidationCallback ByAuthorities(X509Certificate2Collection authorities) => (_, certificate, chain, errors) =>
        certificate is X509Certificate2 leaf && chain is not null
        && !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
        && !errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)
        && authorities.Any(root => IsSignedBy(leaf, root, chain.ChainPolicy.ExtraStore));

    /// <remarks>
    /// .NET leaves a self-signed root out of the handshake, so a controller sends the CA's key in a certificate that names
    /// another issuer. No root is asked for here: the pin is the root, and only its key can have signed the leaf.
    /// </remarks>
    private static bool IsSignedWithKeyOf(X509Certificate2 authority, X509Certificate2 leaf)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.ExtraStore.Add(authority);
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return chain.Build(leaf) && chain.ChainElements.Count == 2 && PinOf(chain.ChainElements[1].Certificate) == PinOf(authority);
    }

    private static bool IsSignedBy(X509Certificate2 leaf, X509Certificate2 root, X509Certificate2Collection sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return chain.Build(leaf);
    }
}
