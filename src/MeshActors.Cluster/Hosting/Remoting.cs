using System.Globalization;
using System.Net;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using MeshActors.Contracts.Trust;

namespace MeshActors.Cluster.Hosting;

/// <summary>The connection between controllers: TLS by which both sides show a certificate of role controller.</summary>
internal static class Remoting
{
    public static string Protocol(MeshOptions options) => options.Identity is null ? "akka.tcp" : "akka.ssl.tcp";

    public static string AddressOf(MeshOptions options, string hostAndPort) =>
        $"{Protocol(options)}://{MeshHosting.SystemName}@{hostAndPort}";

    /// <summary>What the options say of the port, for before the files' settings.</summary>
    public static string Hocon(MeshOptions options)
    {
        var lines = new List<string> { $"akka.remote.dot-netty.tcp.enable-ssl = {(options.Identity is null ? "off" : "on")}" };
        if (options.Port is { } port)
        {
            var split = port.Advertise.LastIndexOf(':');
            var listen = port.Listen.Address.Equals(IPAddress.IPv6Any) ? "::" : port.Listen.Address.ToString();
            lines.Add($"akka.remote.dot-netty.tcp.hostname = \"{listen}\"");
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"akka.remote.dot-netty.tcp.port = {port.Listen.Port}"));
            lines.Add($"akka.remote.dot-netty.tcp.public-hostname = \"{port.Advertise[..split].Trim('[', ']')}\"");
            lines.Add($"akka.remote.dot-netty.tcp.public-port = {port.Advertise[(split + 1)..]}");
        }

        return string.Join('\n', lines);
    }

    public static DotNettySslSetup Tls(PeerIdentity identity) => new(
        identity.Certificate,
        suppressValidation: false,
        requireMutualAuthentication: true,
        // In the place of Akka's own check: host names are not compared, and the system's CAs are not trusted.
        (certificate, _, _, _, log) =>
        {
            var fault = PeerTrust.FindFault(certificate, identity.Authority, PeerRole.Controller);
            if (fault is not null)
            {
                log.Warning("A connection to the cluster's port was refused. {0}", fault);
            }

            return fault is null;
        });
}
