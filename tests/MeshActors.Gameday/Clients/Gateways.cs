using System.Collections.Concurrent;
using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Trust;
using MeshActors.Gameday.Sites;

namespace MeshActors.Gameday.Clients;

/// <summary>The three gateways as clients reach them: over TLS with the CA's pin, one connection for many streams.</summary>
internal sealed class Gateways : IDisposable
{
    private readonly IReadOnlyList<ControllerMachine> _controllers;
    private readonly List<GrpcChannel> _channels;
    private readonly ConcurrentDictionary<(int Gateway, int Incarnation, string Organization, long Revision), bool> _shown = [];

    public Gateways(IReadOnlyList<ControllerMachine> controllers, string pin)
    {
        _controllers = controllers;
        _channels = [.. controllers.Select(controller => Open(controller.Url, pin))];
    }

    public int Count => _channels.Count;

    public AgentGateway.AgentGatewayClient Agents(int gateway) => new(_channels[gateway]);

    public Admin.AdminClient Admin(int gateway) => new(_channels[gateway]);

    /// <summary>Counts the process's starts.</summary>
    public int Incarnation(int gateway) => _controllers[gateway].Incarnation;

    /// <summary>This process has shown the organization's map of that revision to somebody.</summary>
    public void Show(int gateway, int incarnation, string organization, long revision) => _shown[(gateway, incarnation, organization, revision)] = true;

    public bool HasShown(int gateway, int incarnation, string organization, long revision) =>
        _shown.ContainsKey((gateway, incarnation, organization, revision));

    public static Metadata Headers(string requestId, string? secret = null)
    {
        var headers = new Metadata { { "x-request-id", requestId } };
        if (secret is not null)
        {
            headers.Add("authorization", $"Bearer {secret}");
        }

        return headers;
    }

    public void Dispose() => _channels.ForEach(channel => channel.Dispose());

    // A peer that is silent for 3 s is given up, as an agent does: a cut network sends no reset.
    private static GrpcChannel Open(string url, string pin) => GrpcChannel.ForAddress(url, new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = PinnedTrust.ByPin(pin) },
            ConnectTimeout = TimeSpan.FromSeconds(2),
            KeepAlivePingDelay = TimeSpan.FromSeconds(1),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
            EnableMultipleHttp2Connections = true,
        },
    });
}
