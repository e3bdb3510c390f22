using System.Security.Cryptography.X509Certificates;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Agent.Session;
using MeshActors.Contracts.Sessions;
using MeshActors.Contracts.Trust;
using MeshActors.Controller.Trust;
using MeshActors.Remoting;

namespace MeshActors.ActorTests.Transports;

/// <summary>A controller with both doors open, one for all tests of a class.</summary>
public sealed class RunningEdge : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly int _port = RunningController.FreePort();
    private readonly int _edgePort = RunningController.FreePort();

    internal RunningController Controller { get; private set; } = null!;

    internal LogLines Logs { get; } = new();

    public async Task InitializeAsync() =>
        Controller = await RunningController.StartAsync(_directory.Path, _edgePort, _port, Logs);

    public async Task RestartAsync()
    {
        await Controller.DisposeAsync();
        await InitializeAsync();
    }

    public async Task DisposeAsync() => await Controller.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    internal IAgentTransport OpenGrpc() => new GrpcTransport(new Uri(Controller.Url), PinnedTrust.ByPin(Controller.JoinKey.Pin!));

    /// <param name="certificate">Null: a good one.</param>
    internal EdgeTransport OpenEdge(X509Certificate2? certificate = null) =>
        EdgeTransport.Start(new EdgeOptions("127.0.0.1", _edgePort, certificate ?? Issue(PeerRole.Agent), Authority().Certificate));

    internal X509Certificate2 Issue(PeerRole role) => Issue(Authority(), role);

    internal static X509Certificate2 Issue(CertificateAuthority authority, PeerRole role)
    {
        var pem = PeerCertificate.Issue(authority, new PeerName(role, "test"), TimeSpan.FromDays(1), TimeProvider.System.GetUtcNow());
        return X509Certificate2.CreateFromPem(pem, pem);
    }

    internal CertificateAuthority Authority() => CertificateAuthority.OpenShared(_directory.Path, TimeProvider.System.GetUtcNow());
}
