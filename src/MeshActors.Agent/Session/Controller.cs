using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using MeshActors.Agent.State;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Trust;

namespace MeshActors.Agent.Session;

/// <summary>One HTTP/2 connection to a controller that is known by its pin, by a CA file, or as the system does.</summary>
internal sealed class Controller : IDisposable
{
    /// <summary>A dead connection is found after ping and time-out: 25 s.</summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The controller sends maps in pieces of about 75 KB; a piece of nodes with all their prefixes stays under it.</summary>
    private const int MessageSizeMax = 4 * 1024 * 1024;

    private readonly GrpcChannel _channel;

    public Controller(Uri server, Identity identity)
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
        if (Validation(identity) is { } validation)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = validation;
        }

        _channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MessageSizeMax,
        });
        Gateway = new AgentGateway.AgentGatewayClient(_channel);
    }

    public AgentGateway.AgentGatewayClient Gateway { get; }

    public void Dispose() => _channel.Dispose();

    private static RemoteCertificateValidationCallback? Validation(Identity identity)
    {
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
}
