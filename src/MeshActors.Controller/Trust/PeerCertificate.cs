using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Contracts.Trust;
using MeshActors.Controller.DataDirectory;

namespace MeshActors.Controller.Trust;

/// <summary>With what a process of the mesh shows itself to another: issued by the CA, checked with <see cref="PeerTrust"/>.</summary>
public static class PeerCertificate
{
    /// <summary>As server certificates: it is made anew at a start that finds it near its end.</summary>
    private static readonly TimeSpan Validity = ServerCertificate.Validity;

    private const int SerialBytes = 16;

    /// <summary>This controller's own: the stored one while it is good, else a new one, stored.</summary>
    public static X509Certificate2 Open(DataDir directory, CertificateAuthority authority, string name, DateTimeOffset now)
    {
        var peer = new PeerName(PeerRole.Controller, name);
        if (ServerCertificate.Load(directory.PeerCertificate) is { } stored)
        {
            if (stored.NotAfter.ToUniversalTime() > (now + ServerCertificate.RenewBefore).UtcDateTime
                && PeerTrust.NameOf(stored) == peer
                && PeerTrust.FindFault(stored, authority.Certificate, PeerRole.Controller) is null)
            {
                return stored;
            }

            stored.Dispose();
        }

        var pem = Issue(authority, peer, Validity, now);
        DurableFile.WriteSecret(directory.PeerCertificate, pem);
        return X509Certificate2.CreateFromPem(pem, pem);
    }

    /// <summary>A new certificate and its key, both as PEM in one text. Kept nowhere.</summary>
    public static string Issue(CertificateAuthority authority, PeerName peer, TimeSpan validity, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var last = authority.Certificate.NotAfter.ToUniversalTime();
        var end = (now + validity).UtcDateTime < last ? now + validity : new DateTimeOffset(last);
        using var signed = RequestFor(peer, key, authority).Create(
            authority.Certificate, now - CertificateAuthority.ClockSkew, end, RandomNumberGenerator.GetBytes(SerialBytes));
        return signed.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    private static CertificateRequest RequestFor(PeerName peer, ECDsa key, CertificateAuthority authority)
    {
        var request = new CertificateRequest($"CN=mesh-{PeerName.RoleText(peer.Role)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(Usages(peer.Role), critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            authority.Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(peer.Urn));
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    // An agent only ever calls: with serverAuth it could stand in for a gateway, whose host name is not compared.
    private static OidCollection Usages(PeerRole role)
    {
        var client = new Oid("1.3.6.1.5.5.7.3.2", "clientAuth");
        return role == PeerRole.Controller ? [client, new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")] : [client];
    }
}
