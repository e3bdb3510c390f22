using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Agent.Session;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Contracts.Trust;
using MeshActors.Domain.Trust;
using MeshActors.Remoting;

namespace MeshActors.Benchmarks;

/// <summary>
/// The same agents and changes over gRPC and over Akka remoting, each agent with a connection of its own: what a
/// connection and a pushed change cost the controller, which is a process of its own, and the agents, which are this one.
/// </summary>
internal sealed class TransportBenchmark(Uri url, string key, string pin, Process controller)
{
    private readonly List<NodeIdentity> _nodes = [];

    public static async Task RunAsync(string joinUrl, int controllerPid, string edge, string certificateFile, string caFile, int agents, int changes)
    {
        var uri = new Uri(joinUrl);
        var key = uri.Fragment.TrimStart('#');
        var pin = Bearer.TryParse(key, Bearer.JoinKeyKind, out var bearer) && bearer.Pin is not null
            ? bearer.Pin
            : throw new FormatException("The file holds no join URL.");
        using var controller = Process.GetProcessById(controllerPid);
        var pem = await File.ReadAllTextAsync(certificateFile);
        using var certificate = X509Certificate2.CreateFromPem(pem, pem);
        using var authority = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(caFile));
        var options = new EdgeOptions(edge[..edge.LastIndexOf(':')], int.Parse(edge[(edge.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture), certificate, authority);
        var run = new TransportBenchmark(uri, key, pin, controller);
        await run.PrepareAsync(agents);
        Console.WriteLine($"{"",6} {"connect ms/agent",17} {"CPU ms",7} {"MB each, controller",20} {"agents",7} {"messages",9} {"/s",8} {"CPU us/message, controller",27} {"agents",7}");
        // Once for the compiler.
        _ = await run.ChangeAsync(changes);
        var alone = await run.ChangeAsync(changes);
        await run.MeasureAsync("gRPC", run.OpenGrpc, changes, alone);
        await run.MeasureAsync("edge", () => EdgeTransport.Start(options), changes, alone);
    }

    private IAgentTransport OpenGrpc() => new GrpcTransport(new Uri(url.GetLeftPart(UriPartial.Authority)), PinnedTrust.ByPin(pin));

    private async Task PrepareAsync(int agents)
    {
        await using var transport = OpenGrpc();
        for (var i = 0; i < agents; i++)
        {
            _nodes.Add(await JoinAsync(transport, $"agent{i}"));
        }
    }

    private Task<NodeIdentity> JoinAsync(IAgentTransport transport, string name) =>
        MeshFollower.JoinAsync(transport, NodeIdentity.Create(name), key, [], CancellationToken.None);

    private async Task MeasureAsync(string name, Func<IAgentTransport> open, int changes, (TimeSpan Controller, TimeSpan Here) alone)
    {
        var before = Now();
        var clock = Stopwatch.StartNew();
        var streams = new List<Stream>();
        foreach (var node in _nodes)
        {
            streams.Add(await Stream.OpenAsync(open(), node));
        }

        var connected = clock.Elapsed;
        var after = Now();
        var reading = streams.Select(stream => stream.ReadAsync()).ToList();
        var started = streams.Sum(stream => stream.Messages);
        clock.Restart();
        var cpu = await ChangeAsync(changes);
        var elapsed = clock.Elapsed;
        var messages = streams.Sum(stream => stream.Messages) - started;
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        await Task.WhenAll(reading);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,6} {connected.TotalMilliseconds / streams.Count,17:N1} {(after.Controller - before.Controller + after.Here - before.Here).TotalMilliseconds / streams.Count,7:N1} {Megabytes(after.ControllerBytes - before.ControllerBytes, streams.Count),20:N2} {Megabytes(after.HereBytes - before.HereBytes, streams.Count),7:N2} {messages,9:N0} {messages / elapsed.TotalSeconds,8:N0} {(cpu.Controller - alone.Controller).TotalMicroseconds / messages,27:N1} {(cpu.Here - alone.Here).TotalMicroseconds / messages,7:N1}"));
    }

    /// <summary>Joins of new machines: each is one change for every agent.</summary>
    /// <returns>The CPU time that it took, of the controller and of this process.</returns>
    private async Task<(TimeSpan Controller, TimeSpan Here)> ChangeAsync(int changes)
    {
        await using var transport = OpenGrpc();
        var before = Now();
        for (var i = 0; i < changes; i++)
        {
            await JoinAsync(transport, $"change{i}");
        }

        // For the last of them to arrive.
        await Task.Delay(500);
        var after = Now();
        return (after.Controller - before.Controller, after.Here - before.Here);
    }

    private (TimeSpan Controller, long ControllerBytes, TimeSpan Here, long HereBytes) Now()
    {
        controller.Refresh();
        using var here = Process.GetCurrentProcess();
        return (controller.TotalProcessorTime, controller.WorkingSet64, here.TotalProcessorTime, here.WorkingSet64);
    }

    private static double Megabytes(long bytes, int count) => bytes / 1e6 / count;

    private sealed class Stream(IAgentTransport transport, IAgentExchange<AgentMessage, GatewayMessage> exchange) : IAsyncDisposable
    {
        private int _messages;

        public int Messages => Volatile.Read(ref _messages);

        public static async Task<Stream> OpenAsync(IAgentTransport transport, NodeIdentity node)
        {
            var credential = new Bearer(Bearer.CredentialKind, node.Organization!, node.NodeId!, node.CredentialSecret, null);
            var exchange = await transport.ConnectAsync(credential, CancellationToken.None);
            await exchange.SendAsync(new AgentMessage { Hello = new Hello { Protocol = 1, Name = node.Name } }, CancellationToken.None);
            while (await exchange.ReceiveAsync(CancellationToken.None) is not { Chunk.Last: true })
            {
            }

            return new Stream(transport, exchange);
        }

        public async Task ReadAsync()
        {
            try
            {
                while (await exchange.ReceiveAsync(CancellationToken.None) is { } message)
                {
                    if (message.Delta is { } delta)
                    {
                        _ = delta.ToDomain();
                    }

                    Interlocked.Increment(ref _messages);
                }
            }
            catch (Exception e) when (e is ControllerUnreachableException or OperationCanceledException)
            {
                // Disposed of: the measurement is over.
            }
        }

        public async ValueTask DisposeAsync()
        {
            await exchange.DisposeAsync();
            await transport.DisposeAsync();
        }
    }
}
