using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshActors.Contracts.Trust;

/// <summary>
/// How the mesh's own processes know each other: a certificate of the one CA, in its time, with the role that is asked
/// for. Host names are not compared: addresses change, and the CA's key is what makes a controller.
/// </summary>
public static class PeerTrust
{
    private const string AlternativeNames = "2.5.29.17";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>The tag of a uniformResourceIdentifier in GeneralNames (RFC 5280, 4.2.1.6).</summary>
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>Null when the peer is one of these, else the sentence that says why not.</summary>
    public static string? FindFault(X509Certificate? presented, X509Certificate2 authority, PeerRole role)
    {
        if (presented is null)
        {
            return "The peer shows no certificate.";
        }

        var certificate = presented as X509Certificate2 ?? new X509Certificate2(presented);
        return NameOf(certificate) is not { } name ? $"The certificate '{certificate.Subject}' names no role in a mesh."
            : name.Role != role ? $"The certificate of '{name.Name}' is of role {PeerName.RoleText(name.Role)}, and {PeerName.RoleText(role)} is needed."
            : FindChainFault(certificate, authority, role) is { } fault ? $"The certificate of '{name.Name}' is not good: {fault}"
            : null;
    }

    /// <summary>What the certificate says of its holder, true or not; null when nothing.</summary>
    public static PeerName? NameOf(X509Certificate2 certificate)
    {
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == AlternativeNames && FirstUri(extension.RawData) is { } uri)
            {
                return PeerName.TryParse(uri);
            }
        }

        return null;
    }

    private static string? FindChainFault(X509Certificate2 certificate, X509Certificate2 authority, PeerRole role)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (role == PeerRole.Controller)
        {
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        }

        return chain.Build(certificate) ? null
            : string.Join(' ', chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());
    }

    private static string? FirstUri(byte[] names)
    {
        try
        {
            var sequence = new AsnReader(names, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                if (sequence.PeekTag().HasSameClassAndValue(UriTag))
                {
                    return sequence.ReadCharacterString(UniversalTagNumber.IA5String, UriTag);
                }

                sequence.ReadEncodedValue();
            }
        }
        catch (AsnContentException)
        {
            // What cannot be read names nobody.
        }

        return null;
    }
}
