using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Sessions;
using MeshActors.Contracts.Trust;
using MeshActors.Controller.DataDirectory;
using MeshActors.Controller.Remoting;
using MeshActors.Controller.Trust;

namespace MeshActors.ActorTests.Transports;

/// <summary>Who does not get through the edge, or not with what: refused each of 50 times, and said once.</summary>
public sealed class EdgeDoorTests(RunningEdge edge) : IClassFixture<RunningEdge>
{
    private const int Attempts = 50;

    [Theory]
    [InlineData("another CA", "is not good")]
    [InlineData("a controller's role", "and agent is needed")]
    [InlineData("no role", "names no role in a mesh")]
    [InlineData("no certificate", "did not provide a certificate")]
    public async Task A_wrong_certificate_opens_nothing(string kind, string said)
    {
        using var foreign = new TempDirectory();
        using var certificate = Certificate(kind, foreign.Path);
        var before = await edge.Controller.RefusalsAsync("edge");
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            Assert.True(await IsCutAsync(certificate), $"attempt {attempt}");
        }

        Assert.Equal(Attempts, await edge.Controller.RefusalsAsync("edge") - before);

        if (certificate is not null)
        {
            await using var transport = edge.OpenEdge(certificate);
            await Assert.ThrowsAsync<ControllerUnreachableException>(() => transport.ConnectAsync(null, CancellationToken.None));
        }

        await AHonestAgentGetsInAsync();
        Assert.Single(edge.Logs.Lines, line => line.Contains(said, StringComparison.Ordinal));
        // One for each kind of this test, and no other of the same host.
        Assert.InRange(edge.Logs.Lines.Count(line => line.Contains("refused 127.0.0.1", StringComparison.Ordinal) || line.Contains("what 127.0.0.1 sent", StringComparison.Ordinal)), 1, 4);
        Assert.DoesNotContain(edge.Logs.Lines, line => line.Contains("unknown", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_agents_certificate_stays_connected()
    {
        using var certificate = edge.Issue(PeerRole.Agent);
        Assert.False(await IsCutAsync(certificate));
    }

    [Theory]
    [InlineData("a JSON gadget", "serializer id [1]")]
    [InlineData("an unlisted manifest", "serializer id [7303]")]
    [InlineData("a poison pill", "serializer id [16]")]
    [InlineData("a kill", "serializer id [16]")]
    [InlineData("an identify", "serializer id [16]")]
    [InlineData("a text", "serializer id [17]")]
    [InlineData("a selection of another path", "serializer id [6]")]
    [InlineData("a selection of the receptionist", "serializer id [6]")]
    [InlineData("a terminate", "The form 22")]
    [InlineData("a watch", "The form 22")]
    [InlineData("a remote actor", "serializer id [3]")]
    public async Task What_is_not_listed_is_dropped(string what, string said)
    {
        using var certificate = edge.Issue(PeerRole.Agent);
        await using var hostile = new Hostile(certificate, edge.Controller.EdgePort, $"{what.Replace(' ', '-').ToLowerInvariant()}.agent.invalid");
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            Send(hostile, what, attempt);
        }

        await Until.TrueAsync(() => Task.FromResult(Of(hostile)), lines => lines.Any(line => line.Contains(said, StringComparison.Ordinal)));
        await AHonestAgentGetsInAsync();

        Assert.Equal(0, Hostile.Gadget.Ran);
        Assert.Equal(0, Hostile.Created.Count);
        Assert.Single(Of(hostile), line => line.Contains(said, StringComparison.Ordinal));
        // Akka sends a form or two more with a remote actor or a watch; each is said once, too.
        Assert.InRange(Of(hostile).Count, 1, 3);
    }

    [Fact]
    public async Task One_agent_has_a_few_calls_at_once_and_another_place_when_one_ends()
    {
        await using var transport = edge.OpenEdge();
        var calls = new List<IAsyncDisposable>();
        for (var call = 0; call < AgentReceptionist.SessionsPerAgentMax; call++)
        {
            calls.Add(await transport.JoinAsync(CancellationToken.None));
        }

        var fault = await Assert.ThrowsAsync<ControllerUnreachableException>(() => transport.JoinAsync(CancellationToken.None));
        Assert.Contains("calls already", fault.Message, StringComparison.Ordinal);
        await calls[0].DisposeAsync();
        await Until.TrueAsync(CanOpenAsync, opened => opened);

        async Task<bool> CanOpenAsync()
        {
            try
            {
                await using var next = await transport.JoinAsync(CancellationToken.None);
                return true;
            }
            catch (ControllerUnreachableException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_peer_whose_name_leads_elsewhere_is_not_called_there()
    {
        using var elsewhere = new TcpListener(System.Net.IPAddress.Loopback, 1);
        elsewhere.Start();
        using var certificate = edge.Issue(PeerRole.Agent);
        await using (var hostile = new Hostile(certificate, edge.Controller.EdgePort, "localhost"))
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                hostile.Open(hostile.At("/user/agents"));
            }

            await Until.TrueAsync(() => Task.FromResult(edge.Logs.Lines), lines => lines.Any(line => line.Contains("no agent's name", StringComparison.Ordinal)));
        }

        // Its connection is gone: an answer would have to be brought to where its name leads.
        await AHonestAgentGetsInAsync();
        Assert.False(elsewhere.Pending());
        Assert.Single(edge.Logs.Lines, line => line.Contains("no agent's name", StringComparison.Ordinal));
    }

    private static void Send(Hostile hostile, string what, int attempt)
    {
        var receptionist = hostile.At("/user/agents");
        switch (what)
        {
            case "a JSON gadget":
                receptionist.Tell(Hostile.Gadget.Armed());
                break;
            case "an unlisted manifest":
                receptionist.Tell(new Hostile.Unlisted());
                break;
            case "a poison pill":
                receptionist.Tell(PoisonPill.Instance);
                break;
            case "a kill":
                receptionist.Tell(Kill.Instance);
                break;
            case "an identify":
                receptionist.Tell(new Identify(null));
                break;
            case "a text":
                hostile.At("/user").Tell("hello");
                break;
            case "a selection of another path":
                hostile.Select("/user/log").Tell(PoisonPill.Instance);
                break;
            case "a selection of the receptionist":
                hostile.Select("/user/agents").Tell(PoisonPill.Instance);
                break;
            case "a terminate":
                receptionist.SendSystemMessage(new Terminate());
                break;
            case "a watch":
                hostile.Watch(receptionist);
                break;
            case "a remote actor":
                hostile.Create($"created-{attempt}");
                break;
            default:
                throw new ArgumentException(what);
        }
    }

    private IReadOnlyList<string> Of(Hostile hostile) => [.. edge.Logs.Lines.Where(line => line.Contains(hostile.Host, StringComparison.Ordinal))];

    private async Task AHonestAgentGetsInAsync()
    {
        await using var transport = edge.OpenEdge();
        var place = await Place.MakeAsync(edge.Controller);
        var machine = await place.JoinAsync(transport, "honest");
        await using var stream = await place.ConnectAsync(transport, machine);
        await stream.UntilAsync(map => map.Nodes.Count == 1);
    }

    private X509Certificate2? Certificate(string kind, string foreign) => kind switch
    {
        "another CA" => RunningEdge.Issue(CertificateAuthority.Open(DataDir.Open(foreign), TimeProvider.System.GetUtcNow()), PeerRole.Agent),
        "a controller's role" => edge.Issue(PeerRole.Controller),
        "no role" => WithoutRole(edge.Authority().Certificate),
        _ => null,
    };

    private static X509Certificate2 WithoutRole(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=somebody", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        var now = TimeProvider.System.GetUtcNow();
        using var signed = request.Create(authority, now.AddMinutes(-5), now.AddDays(1), RandomNumberGenerator.GetBytes(16));
        return X509Certificate2.CreateFromPem(signed.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Whether the edge ends a TLS connection at once; one that it takes stays open for an Akka handshake.</summary>
    private async Task<bool> IsCutAsync(X509Certificate2? certificate)
    {
        using var authority = edge.Authority();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", edge.Controller.EdgePort);
        await using var tls = new SslStream(client.GetStream());
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "edge",
                ClientCertificates = certificate is null ? null : [certificate],
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                RemoteCertificateValidationCallback = (_, shown, _, _) => PeerTrust.FindFault(shown, authority.Certificate, PeerRole.Controller) is null,
            });
            return await tls.ReadAsync(new byte[1], late.Token) == 0;
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
