using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Controller.DataDirectory;

namespace MeshActors.Controller.Trust;

/// <summary>The certificate that the controller shows. Losing it costs nothing: the CA signs another.</summary>
internal static class ServerCertificate
{
    /// <summary>What browsers and strict clients accept at most (398 days), less one.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromDays(397);

    public static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private const int SerialBytes = 16;

    /// <summary>The stored one while it is good for these names; else a new one, stored.</summary>
    public static X509Certificate2 Open(DataDir directory, CertificateAuthority authority, SortedSet<string> names, DateTimeOffset now)
    {
        if (Load(directory.ServerCertificate) is { } stored)
        {
            if (IsGood(stored, authority, names, now))
            {
                return stored;
            }

            stored.Dispose();
        }

        return Create(directory, authority, names, now);
    }

    public static bool IsGood(X509Certificate2 certificate, CertificateAuthority authority, SortedSet<string> names, DateTimeOffset now) =>
        certificate.HasPrivateKey
        && certificate.NotAfter.ToUniversalTime() > (now + RenewBefore).UtcDateTime
        && certificate.NotBefore.ToUniversalTime() <= now.UtcDateTime
        && IsSignedBy(certificate, authority)
        && names.SetEquals(NamesOf(certificate));

    /// <summary>Certificate and key from one file; null when there is none that can be read.</summary>
    public static X509Certificate2? Load(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            return X509Certificate2.CreateFromPem(text, text);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static X509Certificate2 Create(DataDir directory, CertificateAuthority authority, SortedSet<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mesh-controller", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            authority.Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(AlternativeNames(names));
        var last = authority.Certificate.NotAfter.ToUniversalTime();
        var end = (now + Validity).UtcDateTime < last ? now + Validity : new DateTimeOffset(last);
        using var signed = request.Create(authority.Certificate, now - CertificateAuthority.ClockSkew, end, RandomNumberGenerator.GetBytes(SerialBytes));
        using var paired = signed.CopyWithPrivateKey(key);
        var text = paired.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
        DurableFile.WriteSecret(directory.ServerCertificate, text);
        return X509Certificate2.CreateFromPem(text, text);
    }

    private static X509Extension AlternativeNames(SortedSet<string> names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension =>
            extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString())));

    private static bool IsSignedBy(X509Certificate2 certificate, CertificateAuthority authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        // Its times are checked apart, against the controller's own clock.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }
}
