using System.Net;
using System.Net.Sockets;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Regions;
using MeshActors.Domain;

namespace MeshActors.Controller.CommandLine;

/// <summary>What one controller process was started with.</summary>
public sealed record ControllerOptions
{
    public const string DefaultDataDirectory = "/var/lib/mesh-controller";
    public const int DefaultPort = 8443;

    public string DataDirectory { get; init; } = DefaultDataDirectory;

    /// <summary><c>0.0.0.0</c> and <c>[::]</c> both mean every address of both families.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Any, DefaultPort);

    /// <summary>Where agents and operators reach this controller; the first is in the join URL. None: found on this host.</summary>
    public ValueList<HostAndPort> Advertise { get; init; }

    /// <summary>HOCON for Akka that goes before the controller's own; a later file wins.</summary>
    public ValueList<string> ConfigFiles { get; init; }

    /// <summary>Where agents connect over Akka remoting. Null: nowhere.</summary>
    public IPEndPoint? EdgeListen { get; init; }

    /// <summary>A PostgreSQL URL without a password; null for SQLite in the data directory.</summary>
    public string? Database { get; init; }

    /// <summary>A file with such a URL, which may hold a password.</summary>
    public string? DatabaseFile { get; init; }

    /// <summary>Where the CA is that all controllers share; null: the data directory, where a first start makes one.</summary>
    public string? CaDirectory { get; init; }

    public ValueList<string> Roles { get; init; } = [ClusterRoles.Controller, ClusterRoles.Gateway];

    /// <summary>Where other controllers connect; null: nowhere, and this process stays alone.</summary>
    public IPEndPoint? ClusterListen { get; init; }

    /// <summary>How they reach it, where that differs.</summary>
    public HostAndPort? ClusterAdvertise { get; init; }

    /// <summary>Other controllers, where they are not to be found in the shared database.</summary>
    public ValueList<HostAndPort> Seeds { get; init; }

    /// <summary>The region that this controller's cluster is; null in a deployment without regions.</summary>
    public RegionName? Region { get; init; }

    /// <summary>The other regions, with their gateways.</summary>
    public ValueList<PeerRegion> PeerRegions { get; init; }

    /// <summary>No organization is made at the first start: one is to be imported under that name.</summary>
    public bool WithoutDefaultOrganization { get; init; }

    /// <summary>Where metrics are scraped, without authentication; null: nowhere.</summary>
    public IPEndPoint? MetricsListen { get; init; }

    /// <summary>Where metrics and traces are sent by OTLP; null: nowhere.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>Of changes that no caller asks to be followed, the part that is traced all the same: from 0 to 1.</summary>
    public double TraceRatio { get; init; } = 0.01;

    public LogFormat LogFormat { get; init; } = LogFormat.Text;

    public bool ListensEverywhere => Listen.Address.Equals(IPAddress.Any) || Listen.Address.Equals(IPAddress.IPv6Any);
}

public enum LogFormat
{
    /// <summary>A line for people.</summary>
    Text,

    /// <summary>A JSON document a line, with event, trace and request ids.</summary>
    Json,
}

/// <param name="Host">A DNS name or an address, without brackets.</param>
/// <param name="Port">Null: the port that the controller listens on.</param>
public sealed record HostAndPort(string Host, int? Port)
{
    /// <summary>Characters of a DNS name (RFC 1035).</summary>
    private const int HostLengthMax = 253;

    public static bool TryParse(string text, out HostAndPort parsed)
    {
        parsed = new HostAndPort("", null);
        var split = SplitAt(text);
        int? port = null;
        if (split >= 0)
        {
            if (!TryParsePort(text[(split + 1)..], out var number))
            {
                return false;
            }

            port = number;
        }

        var host = (split < 0 ? text : text[..split]).Trim('[', ']');
        parsed = new HostAndPort(host, port);
        return host.Length is > 0 and <= HostLengthMax && Uri.CheckHostName(host) is not (UriHostNameType.Unknown or UriHostNameType.Basic);
    }

    public static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, null, out port) && port is >= 1 and <= 65_535;

    /// <summary>As it stands in a URL.</summary>
    public static string ToUrlHost(string host) =>
        IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]" : host;

    /// <summary>The colon before the port; -1 where there is none. A bare v6 address has colons and no port.</summary>
    private static int SplitAt(string text)
    {
        var last = text.LastIndexOf(':');
        return text.StartsWith('[') ? text.IndexOf("]:", StringComparison.Ordinal) is >= 0 and var end ? end + 1 : -1
            : text.IndexOf(':') == last ? last
            : -1;
    }
}
