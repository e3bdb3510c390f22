using System.Net;
using System.Net.Sockets;
using System.Text;
using MeshActors.Agent.Metrics;
using MeshActors.Agent.Session;
using MeshActors.Agent.State;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Maps;

namespace MeshActors.UnitTests.Agent;

public sealed class MetricsSocketTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("meshd-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly Figures _figures = new();
    private readonly Task _running;

    public MetricsSocketTests()
    {
        var run = new RunRecord { Version = "0.1.0", Connected = true, Revision = 7, AppliedRevision = 6, Warnings = [new RunWarning("route-conflict", "x")] };
        var identity = new Identity { Name = "no\"de", CredentialSecret = "s3cret", Organization = "acme", NodeId = "n1" };
        _running = new MetricsSocket(new StateDirectory(_directory), null, () => _figures.ToText(run, identity, 2, 300)).RunAsync(_stop.Token);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _running.GetAwaiter().GetResult();
        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task It_tells_the_revisions_the_peers_and_the_passes_and_no_secret()
    {
        _figures.Connected();
        _figures.Passed(new Pass(
            MeshMap.Empty, new Plan([], EndpointMemory.Empty, []), [], ["no"], TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), new PeerStates(3, 1, 2, 100)));
        var text = await GetAsync("/metrics");

        Assert.StartsWith("HTTP/1.1 200 OK", text, StringComparison.Ordinal);
        foreach (var line in (string[])
        [
            "meshd_info{version=\"0.1.0\",organization=\"acme\",agent=\"no\\\"de\",node=\"n1\"} 1",
            "meshd_connected 1", "meshd_connects_total 1", "meshd_map_revision 7", "meshd_applied_revision 6", "meshd_map_nodes 2", "meshd_map_bytes 300",
            "meshd_peers{state=\"live\"} 3", "meshd_peers{state=\"never\"} 2", "meshd_handshake_age_seconds_max 100",
            "meshd_passes_total 1", "meshd_passes_failed_total 1", "meshd_pass_seconds_total{step=\"apply\"} 3", "meshd_warnings{code=\"route-conflict\"} 1",
        ])
        {
            Assert.Contains($"\n{line}\n", text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_else_is_asked_is_refused_and_the_next_one_is_answered()
    {
        Assert.StartsWith("HTTP/1.1 404", await GetAsync("/"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 405", await SendAsync("POST /metrics HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 405", await SendAsync(new string('x', 8 * 1024)), StringComparison.Ordinal);
        using (await ConnectAsync())
        {
            // One that says nothing and hangs up.
        }

        Assert.StartsWith("HTTP/1.1 200", await GetAsync("/metrics"), StringComparison.Ordinal);
    }

    private Task<string> GetAsync(string path) => SendAsync($"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");

    private async Task<string> SendAsync(string request)
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        using var answer = new NetworkStream(socket);
        using var reader = new StreamReader(answer);
        return await reader.ReadToEndAsync();
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        EndPoint endpoint = new UnixDomainSocketEndPoint(Path.Combine(_directory, MetricsSocket.File));
        await socket.ConnectAsync(endpoint);
        return socket;
    }
}
