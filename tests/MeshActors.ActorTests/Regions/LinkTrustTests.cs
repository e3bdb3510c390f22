using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Region.V1;
using MeshActors.Contracts.Trust;
using MeshActors.Controller.Trust;

namespace MeshActors.ActorTests.Regions;

/// <summary>Who may use a link, and for what.</summary>
public sealed class LinkTrustTests : IAsyncLifetime
{
    private TwoRegions _regions = null!;

    public async Task InitializeAsync() => _regions = await TwoRegions.StartAsync();

    public async Task DisposeAsync() => await _regions.DisposeAsync();

    [Fact]
    public async Task Only_a_certificate_of_role_controller_opens_a_link()
    {
        using var authority = CertificateAuthority.OpenShared(_regions.EuCaDirectory, TimeProvider.System.GetUtcNow());
        using var other = new TempDirectory();
        var foreignCa = await RunningController.StartAsync(other.Path);
        await foreignCa.DisposeAsync();
        using var foreign = CertificateAuthority.OpenShared(other.Path, TimeProvider.System.GetUtcNow());

        Assert.Equal("organization-unknown", (await AskAsync(Issue(authority, PeerRole.Controller), "eu", "nowhere@eu")).Refused.Code);
        Assert.Equal(StatusCode.PermissionDenied, await RefusedAsync(null, "eu"));
        Assert.Equal(StatusCode.PermissionDenied, await RefusedAsync(Issue(authority, PeerRole.Agent), "eu"));
        Assert.Equal(StatusCode.PermissionDenied, await RefusedAsync(Issue(foreign, PeerRole.Controller), "eu"));
        Assert.Equal(StatusCode.PermissionDenied, await RefusedAsync(Issue(authority, PeerRole.Controller, TimeSpan.FromMinutes(-5)), "eu"));
        Assert.Equal(4, await _regions.Eu.RefusalsAsync("region"));
    }

    [Fact]
    public async Task A_gateway_passes_nothing_on_to_a_third_region()
    {
        using var authority = CertificateAuthority.OpenShared(_regions.EuCaDirectory, TimeProvider.System.GetUtcNow());
        var certificate = Issue(authority, PeerRole.Controller);

        // At the gateway of eu, meant for us; and an organization of us asked for in eu.
        Assert.Equal(StatusCode.FailedPrecondition, await RefusedAsync(certificate, "us"));
        var reply = await AskAsync(certificate, "eu", "default@us");
        Assert.Equal("us", reply.Moved?.Region);
        Assert.Equal(0, _regions.Us.Get<RegionHome>().FollowsEver);
    }

    private async Task<StatusCode> RefusedAsync(X509Certificate2? certificate, string region) =>
        (await Assert.ThrowsAsync<RpcException>(() => AskAsync(certificate, region, "default@eu"))).StatusCode;

    private async Task<ExecuteReply> AskAsync(X509Certificate2? certificate, string region, string organization)
    {
        using var channel = GrpcChannel.ForAddress(_regions.Eu.Url, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    ClientCertificates = certificate is null ? null : new X509CertificateCollection { certificate },
                    RemoteCertificateValidationCallback = PinnedTrust.ByPin(_regions.Eu.AdminToken.Pin!),
                },
            },
            DisposeHttpClient = true,
        });
        var request = new ExecuteRequest
        {
            Organization = organization,
            Command = new Command { RevokeJoinKey = new() { Id = "none" } },
            Meta = new() { PrincipalName = "test" },
        };
        return await new Contracts.Region.V1.RegionLink.RegionLinkClient(channel).ExecuteAsync(request, new Metadata { { LinkProtocol.RegionHeader, region } });
    }

    private static X509Certificate2 Issue(CertificateAuthority authority, PeerRole role, TimeSpan? validity = null)
    {
        var pem = PeerCertificate.Issue(authority, new PeerName(role, "test"), validity ?? TimeSpan.FromDays(1), TimeProvider.System.GetUtcNow());
        using var certificate = X509Certificate2.CreateFromPem(pem, pem);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
