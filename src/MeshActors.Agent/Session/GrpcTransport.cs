using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using MeshActors.Agent.State;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Sessions;
using MeshActors.Contracts.Trust;
using MeshActors.Domain.Trust;

namespace MeshActors.Agent.Session;

/// <summary>One HTTP/2 connection to a controller that is known by its pin, by a CA file, or as the system does.</summary>
internal sealed class GrpcTransport : IAgentTransport
{
    /// <summary>A dead connection is found after ping and time-out: 25 s.</summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The controller sends maps in pieces of about 32 KB; a piece of nodes with all their prefixes stays under it.</summary>
    private const int MessageSizeMax = 4 * 1024 * 1024;

    private readonly Uri _server;
    private readonly GrpcChannel _channel;
    private readonly AgentGateway.AgentGatewayClient _gateway;

    public GrpcTransport(Uri server, RemoteCertificateValidationCallback? trust)
    {
        var handler = new SocketsHttpHandler
        {
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            ConnectTimeout = ConnectTimeout,
            // A proxy is for browsers; the mesh's controller is called directly.
            UseProxy = false,
        };
        if (trust is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = trust;
        }

        _server = server;
        _channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MessageSizeMax,
        });
        _gateway = new AgentGateway.AgentGatewayClient(_channel);
    }

    /// <summary>How the identity knows its controllers; null: as the system does.</summary>
    public static RemoteCertificateValidationCallback? TrustOf(Identity identity)
    {
        if (identity.Pin is not null || identity.Ca is not null)
        {
            SystemAuthorities.LeaveUnread();
        }

        if (identity.Pin is { } pin)
        {
            return PinnedTrust.ByPin(pin);
        }

        if (identity.Ca is not { } pem)
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        return PinnedTrust.ByAuthorities(authorities);
    }

    public Task<IAgentExchange<JoinStep, JoinStep>> JoinAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IAgentExchange<JoinStep, JoinStep>>(new GrpcExchange<JoinStep, JoinStep>(_gateway.Join(cancellationToken: cancellationToken), _server));

    public Task<IAgentExchange<AgentMessage, GatewayMessage>> ConnectAsync(Bearer? credential, CancellationToken cancellationToken)
    {
        var headers = credential is null ? null : new Metadata { { "authorization", $"Bearer {credential.Reveal()}" } };
        var call = _gateway.Connect(headers, cancellationToken: cancellationToken);
        return Task.FromResult<IAgentExchange<AgentMessage, GatewayMessage>>(new GrpcExchange<AgentMessage, GatewayMessage>(call, _server));
    }

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }
}
