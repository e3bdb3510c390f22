using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Contracts.Trust;

namespace MeshActors.UnitTests.Domain;

/// <summary>A controller shows a leaf, and its CA's key in a certificate that names another issuer.</summary>
public sealed class PinnedTrustTests : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private static readonly DateTimeOffset Past = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Future = new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _key.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void The_pinned_keys_own_leaf_is_trusted() => Assert.True(IsTrusted(Carrier(_key), Leaf(_key)));

    [Fact]
    public void A_leaf_that_another_key_signed_in_the_pinned_ones_name_is_not() => Assert.False(IsTrusted(Carrier(_key), Leaf(_other)));

    [Fact]
    public void Another_authority_is_not() => Assert.False(IsTrusted(Carrier(_other), Leaf(_other)));

    [Fact]
    public void A_leaf_for_clients_is_not() => Assert.False(IsTrusted(Carrier(_key), Leaf(_key, ClientAuthentication)));

    [Fact]
    public void An_expired_leaf_is_not() => Assert.False(IsTrusted(Carrier(_key), Leaf(_key, until: Past.AddDays(1))));

    [Fact]
    public void The_authority_itself_is_no_server() => Assert.False(IsTrusted(Carrier(_key), Carrier(_key)));

    private bool IsTrusted(X509Certificate2 carrier, X509Certificate2 leaf)
    {
        using var pinned = Carrier(_key);
        using var chain = new X509Chain();
        chain.ChainPolicy.ExtraStore.Add(carrier);
        return PinnedTrust.ByPin(PinnedTrust.PinOf(pinned))(this, leaf, chain, SslPolicyErrors.RemoteCertificateChainErrors);
    }

    private static X509Certificate2 Carrier(ECDsa key)
    {
        var request = new CertificateRequest("CN=CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        return request.Create(new X500DistinguishedName("CN=elsewhere"), X509SignatureGenerator.CreateForECDsa(key), Past, Future, [1]);
    }

    private static X509Certificate2 Leaf(ECDsa signer, string usage = ServerAuthentication, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=controller", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        return request.Create(new X500DistinguishedName("CN=CA"), X509SignatureGenerator.CreateForECDsa(signer), Past, until ?? Future, [2]);
    }
}
