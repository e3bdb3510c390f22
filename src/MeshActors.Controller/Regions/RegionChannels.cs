using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Trust;

namespace MeshActors.Controller.Regions;

/// <summary>Connections to gateways of other regions: HTTP/2 over TLS, on which both sides show a certificate of the one CA.</summary>
internal sealed class RegionChannels(MeshOptions options) : IRegionChannels, IDisposable
{
    /// <summary>A link that has gone silent is given up within 10 s; a feed notices in about 8.</summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A region that comes back is noticed within a second.</summary>
    private static readonly TimeSpan ReconnectMax = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of a message: a piece of an organization's state has 64 KB, and a command's events a few.</summary>
    private const int MessageBytesMax = 1024 * 1024;

    private readonly List<GrpcChannel> _channels = [];

    public CallInvoker Open(Uri gateway)
    {
        var identity = options.Identity ?? throw new InvalidOperationException("A controller with regions has a certificate.");
        var channel = GrpcChannel.ForAddress(gateway, new GrpcChannelOptions
        {
            HttpHandler = Handler(identity),
            DisposeHttpClient = true,
            InitialReconnectBackoff = ReconnectMax / 4,
            MaxReconnectBackoff = ReconnectMax,
            MaxReceiveMessageSize = MessageBytesMax,
        });
        lock (_channels)
        {
            _channels.Add(channel);
        }

        return channel.CreateCallInvoker();
    }

    public void Dispose()
    {
        lock (_channels)
        {
            _channels.ForEach(channel => channel.Dispose());
            _channels.Clear();
        }
    }

    private static SocketsHttpHandler Handler(PeerIdentity identity) => new()
    {
        ConnectTimeout = ConnectTimeout,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        KeepAlivePingDelay = PingDelay,
        KeepAlivePingTimeout = PingTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        // A proxy of the environment is for the web, not for controllers among themselves.
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = new X509CertificateCollection { identity.Certificate },
            // Whoever's name the server has: only a controller gets a certificate for servers of this CA.
            RemoteCertificateValidationCallback = PinnedTrust.ByPin(PinnedTrust.PinOf(identity.Authority)),
        },
    };
}
