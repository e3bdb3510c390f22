using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Trust;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.Hosting;
using MeshActors.Domain.Trust;
using Microsoft.Extensions.DependencyInjection;

namespace MeshActors.ActorTests.Gateway;

/// <summary>A whole controller in this process: real TLS on a loopback port, a real database.</summary>
internal sealed class RunningController : IAsyncDisposable
{
    private readonly string _directory;
    private readonly ControllerHost _host;
    private readonly GrpcChannel _channel;

    private RunningController(string directory, ControllerHost host, GrpcChannel channel)
    {
        _directory = directory;
        _host = host;
        _channel = channel;
    }

    /// <summary>The key in the join URL that the first start left.</summary>
    public Bearer JoinKey => Read("default.join-url", Bearer.JoinKeyKind);

    public Bearer AdminToken => Read("admin.token", Bearer.TokenKind);

    public string Url => _host.Url;

    public bool IsFirstStart => _host.IsFirstStart;

    public AgentGateway.AgentGatewayClient Agents => new(_channel);

    public Admin.AdminClient Admin => new(_channel);

    public CallInvoker Invoker => _channel.CreateCallInvoker();

    /// <summary>Of the edge; 0 where there is none.</summary>
    public int EdgePort { get; private init; }

    public string DataDirectory => _directory;

    public static Task<RunningController> StartAsync(string directory) => StartAsync(directory, 0);

    public static Task<RunningController> StartAsync(string directory, int port, Func<ControllerOptions, ControllerOptions> with) =>
        StartAsync(directory, 0, port, null, with);

    /// <param name="edgePort">0: no edge.</param>
    /// <param name="port">0: a free one.</param>
    public static async Task<RunningController> StartAsync(string directory, int edgePort, int port = 0, LogLines? logs = null, Func<ControllerOptions, ControllerOptions>? with = null)
    {
        var options = new ControllerOptions
        {
            DataDirectory = directory,
            Database = TestJournal.OptionFor(directory),
            Listen = new IPEndPoint(IPAddress.Loopback, port == 0 ? FreePort() : port),
            EdgeListen = edgePort == 0 ? null : new IPEndPoint(IPAddress.Loopback, edgePort),
        };
        var host = await ControllerHost.StartAsync(with?.Invoke(options) ?? options, TimeProvider.System, logs, CancellationToken.None);
        var pin = PinOf(directory);
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = PinnedTrust.ByPin(pin) },
        };
        return new RunningController(directory, host, GrpcChannel.ForAddress(host.Url, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }))
        {
            EdgePort = edgePort,
        };
    }

    public static Metadata With(string secret) => new() { { "authorization", $"Bearer {secret}" } };

    public Metadata AsAdmin() => With(AdminToken.Reveal());

    /// <summary>How much it refused at that door, whatever the code.</summary>
    public async Task<long> RefusalsAsync(string door) => (await Admin.GetStatusAsync(new GetStatusRequest(), AsAdmin())).Refusals
        .Where(refusal => refusal.Key.StartsWith(door + "/", StringComparison.Ordinal)).Sum(refusal => refusal.Value);

    public async Task<string> GetAsync(string path)
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = PinnedTrust.ByPin(PinOf(_directory)) },
        };
        using var http = new HttpClient(handler) { BaseAddress = new Uri(Url) };
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
    }

    /// <summary>A part of what runs in it.</summary>
    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public Task StopAsync() => _host.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _host.DisposeAsync();
    }

    private Bearer Read(string file, string kind)
    {
        var text = File.ReadAllText(Path.Combine(_directory, file)).Trim();
        Assert.True(Bearer.TryParse(text[(text.IndexOf('#') + 1)..], kind, out var bearer));
        return bearer;
    }

    private static string PinOf(string directory)
    {
        var text = File.ReadAllText(Path.Combine(directory, "admin.token")).Trim();
        return text[(text.LastIndexOf('.') + 1)..];
    }

    /// <summary>Below the ports that the kernel gives to others by itself: those may be taken again at once.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = System.Security.Cryptography.RandomNumberGenerator.GetInt32(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }
}
