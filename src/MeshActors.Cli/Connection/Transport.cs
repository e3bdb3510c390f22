using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Cli.Failures;
using MeshActors.Contracts.Trust;

namespace MeshActors.Cli.Connection;

/// <summary>HTTP/2 to the controller, and by what the controller is known.</summary>
internal static class Transport
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A stream that is silent for this long asks whether the other end is still there,</summary>
    private static readonly TimeSpan KeepAliveDelay = TimeSpan.FromSeconds(15);

    /// <summary>and is broken when no answer came for this long.</summary>
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(10);

    public static SocketsHttpHandler HandlerFor(Settings settings) => new()
    {
        ConnectTimeout = ConnectTimeout,
        KeepAlivePingDelay = KeepAliveDelay,
        KeepAlivePingTimeout = KeepAliveTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = TrustOf(settings) },
    };

    /// <summary>A CA file when one is given, else the pin in the token, else (null) what the system trusts.</summary>
    private static RemoteCertificateValidationCallback? TrustOf(Settings settings)
    {
        RemoteCertificateValidationCallback? trust = settings.CaFile is { } file ? PinnedTrust.ByAuthorities(ReadAuthorities(file))
            : settings.Token.Pin is { } pin ? PinnedTrust.ByPin(pin)
            : null;
        if (trust is not null)
        {
            SystemAuthorities.LeaveUnread();
        }

        return trust;
    }

    private static X509Certificate2Collection ReadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw FailureException.BadUsage("ca-unreadable", $"--ca {file}: {exception.Message}");
        }

        return authorities.Count > 0
            ? authorities
            : throw FailureException.BadUsage("ca-unreadable", $"--ca {file} holds no certificate in PEM.");
    }
}
