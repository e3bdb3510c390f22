using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.DataDirectory;

namespace MeshActors.Controller.Trust;

/// <summary>What TLS handshakes use now: renewed while the process runs, without a restart.</summary>
internal sealed partial class ServerCertificates : BackgroundService
{
    /// <summary>Well within the 30 days before expiry, and soon enough for a new address of this host.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromDays(1);

    private readonly ControllerOptions _options;
    private readonly DataDir _directory;
    private readonly CertificateAuthority _authority;
    private readonly TimeProvider _time;
    private readonly ILogger<ServerCertificates> _logger;
    private volatile SslStreamCertificateContext _current;

    public ServerCertificates(
        ControllerOptions options, DataDir directory, CertificateAuthority authority, TimeProvider time, ILogger<ServerCertificates> logger)
    {
        _options = options;
        _directory = directory;
        _authority = authority;
        _time = time;
        _logger = logger;
        _current = Chain(ServerCertificate.Open(directory, authority, LocalNames.All(options), time.GetUtcNow()));
    }

    /// <summary>The leaf and the CA's key: a client that pins the CA has to see it.</summary>
    public SslStreamCertificateContext Current => _current;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            Renew();
        }
    }

    private void Renew()
    {
        try
        {
            var next = ServerCertificate.Open(_directory, _authority, LocalNames.All(_options), _time.GetUtcNow());
            if (next.Thumbprint != _current.TargetCertificate.Thumbprint)
            {
                // Handshakes in flight may still use the old one, so it is left to the collector.
                _current = Chain(next);
                Renewed(next.NotAfter);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            NotRenewed(_directory.ServerCertificate, _current.TargetCertificate.NotAfter, fault);
        }
    }

    private SslStreamCertificateContext Chain(X509Certificate2 leaf) =>
        SslStreamCertificateContext.Create(leaf, [_authority.CreateCarrier()], offline: true);

    [LoggerMessage(EventId = 2501, Level = LogLevel.Information, Message = "The server certificate was renewed; it is valid until {NotAfter:yyyy-MM-dd}.")]
    private partial void Renewed(DateTime notAfter);

    [LoggerMessage(EventId = 2502, Level = LogLevel.Warning, Message = "Cannot renew the server certificate {File}, valid until {NotAfter:yyyy-MM-dd}; tried again in a day.")]
    private partial void NotRenewed(string file, DateTime notAfter, Exception fault);
}
