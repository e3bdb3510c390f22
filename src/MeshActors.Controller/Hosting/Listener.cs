using System.Net.Security;
using System.Security.Authentication;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.Trust;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace MeshActors.Controller.Hosting;

/// <summary>The one port: TLS only; HTTP/2 for gRPC, and HTTP/1.1 for the probes of supervisors.</summary>
internal static class Listener
{
    /// <summary>An agent is one connection; at 20 KB each this is 400 MB.</summary>
    private const int ConnectionsMax = 20_000;

    /// <summary>A proxy or a load generator carries many agents on one connection; Kestrel's own 100 would stall it.</summary>
    private const int StreamsPerConnectionMax = 20_000;

    /// <summary>A stream that nobody reads holds at most two of an agent's largest messages.</summary>
    private const int StreamWindowBytes = 128 * 1024;

    private const int ConnectionWindowBytes = 1024 * 1024;

    /// <summary>A secret has 256 characters at most; gRPC adds a dozen short headers.</summary>
    private const int HeadersBytesMax = 16 * 1024;

    private const int HeaderBytesMax = 4 * 1024;

    private const int HeadersMax = 50;

    /// <summary>Of calls with one message; gRPC lifts it for streams and bounds each message itself.</summary>
    private const int BodyBytesMax = 128 * 1024;

    /// <summary>A machine that vanished without a word is noticed within 50 s, and NAT entries of idle agents stay.</summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    public static void Configure(KestrelServerOptions kestrel, ControllerOptions options)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = ConnectionsMax;
        limits.MaxRequestBodySize = BodyBytesMax;
        limits.MaxRequestHeadersTotalSize = HeadersBytesMax;
        limits.MaxRequestHeaderCount = HeadersMax;
        limits.RequestHeadersTimeout = HandshakeTimeout;
        limits.Http2.MaxStreamsPerConnection = StreamsPerConnectionMax;
        limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        limits.Http2.MaxRequestHeaderFieldSize = HeaderBytesMax;
        limits.Http2.KeepAlivePingDelay = PingDelay;
        limits.Http2.KeepAlivePingTimeout = PingTimeout;
        var certificates = kestrel.ApplicationServices.GetRequiredService<ServerCertificates>();
        var stopping = kestrel.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        if (options.ListensEverywhere)
        {
            kestrel.ListenAnyIP(options.Listen.Port, listen => Secure(listen.EndWith(stopping), certificates, options.Region is not null));
        }
        else
        {
            kestrel.Listen(options.Listen, listen => Secure(listen.EndWith(stopping), certificates, options.Region is not null));
        }
    }

    /// <param name="asksForCertificate">
    /// Of gateways of other regions, and who has none is welcome too: agents and operators show secrets. Whoever's it is, the
    /// handshake takes it: the service that needs one judges it, and can say what is wrong.
    /// </param>
    private static void Secure(ListenOptions listen, ServerCertificates certificates, bool asksForCertificate)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificates.Current,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateRequired = asksForCertificate,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => asksForCertificate || certificate is null,
            }),
        });
    }
}
