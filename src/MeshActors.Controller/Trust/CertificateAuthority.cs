using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Contracts.Trust;
using MeshActors.Controller.DataDirectory;
using MeshActors.Controller.Hosting;

namespace MeshActors.Controller.Trust;

/// <summary>
/// Signs what controllers show, to agents and to each other, and nothing else. Agents pin its key, so a lost or damaged one is never
/// silently made anew: every agent would have to join again.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private const int ValidYears = 10;

    private const int SerialBytes = 16;

    /// <summary>A clock that is behind on an agent must not refuse a new certificate.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private CertificateAuthority(X509Certificate2 certificate)
    {
        Certificate = certificate;
        Pin = PinnedTrust.PinOf(certificate);
    }

    /// <summary>With its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>As in join URLs and tokens.</summary>
    public string Pin { get; }

    /// <exception cref="StartException">Damaged, expired, or gone from a directory that had one.</exception>
    public static CertificateAuthority Open(DataDir directory, DateTimeOffset now)
    {
        var hasKey = File.Exists(directory.CaKey);
        if (File.Exists(directory.CaCertificate))
        {
            return hasKey ? Load(directory.CaCertificate, directory.CaKey, now) : throw Lost(directory, directory.CaKey);
        }

        if (directory.SharedCa is { } shared)
        {
            throw StartException.Host(
                $"--ca-dir {shared} has no ca.pem. Copy ca.pem and ca.key there from another controller of this mesh, or make the first with `mesh-controller ca create {shared}`.");
        }

        if (directory.TracesOfEarlierStarts.FirstOrDefault() is { } trace)
        {
            throw StartException.Host(
                $"{directory.CaCertificate} is gone, but {trace} shows that this controller had a CA, which its agents pin. "
                + "Restore ca.pem and ca.key from a backup, or begin anew with an empty --data-dir, where every agent has to join again.");
        }

        // A first start that was interrupted has written the key alone: it is kept, and with it the pin.
        return Create(directory, now, hasKey ? LoadKey(directory.CaKey) : null);
    }

    /// <summary>One that is there, of whichever controller.</summary>
    /// <exception cref="StartException">It is not, or damaged, or expired.</exception>
    public static CertificateAuthority OpenShared(string directory, DateTimeOffset now) =>
        Load(Path.Combine(directory, "ca.pem"), Path.Combine(directory, "ca.key"), now);

    /// <summary>
    /// The CA's name and key in a certificate that names another issuer. .NET sends no self-signed root in a handshake,
    /// and a client that has only the pin must see the key. Kept in no file.
    /// </summary>
    public X509Certificate2 CreateCarrier()
    {
        using var key = Certificate.GetECDsaPrivateKey()!;
        return RequestFor(Certificate.SubjectName, key).Create(
            new X500DistinguishedName("CN=MeshActors pinned key"),
            X509SignatureGenerator.CreateForECDsa(key),
            Certificate.NotBefore,
            Certificate.NotAfter,
            RandomNumberGenerator.GetBytes(SerialBytes));
    }

    public void Dispose() => Certificate.Dispose();

    private static CertificateAuthority Create(DataDir directory, DateTimeOffset now, ECDsa? kept)
    {
        using var key = kept ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (kept is null)
        {
            DurableFile.WriteSecret(directory.CaKey, key.ExportPkcs8PrivateKeyPem() + "\n");
        }

        var certificate = RequestFor(new X500DistinguishedName("CN=MeshActors controller CA"), key).CreateSelfSigned(now - ClockSkew, now.AddYears(ValidYears));
        DurableFile.WritePublic(directory.CaCertificate, certificate.ExportCertificatePem() + "\n");
        return new CertificateAuthority(certificate);
    }

    private static CertificateRequest RequestFor(X500DistinguishedName subject, ECDsa key)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static CertificateAuthority Load(string certificateFile, string keyFile, DateTimeOffset now)
    {
        using var certificate = LoadCertificate(certificateFile);
        using var key = LoadKey(keyFile);
        if (!certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
        {
            throw StartException.Host(
                $"{keyFile} is not the key of {certificateFile}; restore the two from the same backup.");
        }

        return certificate.NotAfter > now.LocalDateTime
            ? new CertificateAuthority(certificate.CopyWithPrivateKey(key))
            : throw StartException.Host(
                $"the CA {certificateFile} expired on {certificate.NotAfter:yyyy-MM-dd}; if this host's clock is right, "
                + "begin anew with an empty --data-dir, where every agent has to join again.");
    }

    private static X509Certificate2 LoadCertificate(string path)
    {
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(path));
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw Damaged(path, fault);
        }
    }

    private static ECDsa LoadKey(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw Damaged(path, fault);
        }
    }

    private static StartException Damaged(string path, Exception fault) => StartException.Host(
        $"cannot read {path}: {fault.Message} Agents pin this CA, so it is not made anew; restore ca.pem and ca.key from a backup.", fault);

    private static StartException Lost(DataDir directory, string path) => StartException.Host(
        $"{path} is gone, while {directory.CaCertificate} is there. Agents pin this CA, so it is not made anew; restore the file from a backup.");
}
