using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using MeshActors.Controller.CommandLine;

namespace MeshActors.Controller.Trust;

/// <summary>The names and addresses under which this host may be met.</summary>
internal static class LocalNames
{
    /// <summary>A container host may have thousands of addresses; a certificate with all of them would not fit a handshake.</summary>
    private const int AddressesMax = 100;

    /// <summary>The host of join URLs: what was advertised, or the address that this host uses towards others, or its name.</summary>
    public static HostAndPort Primary(ControllerOptions options) =>
        options.Advertise is [var first, ..] ? first
        : !options.ListensEverywhere ? new HostAndPort(options.Listen.Address.ToString(), null)
        : new HostAndPort((TowardsOthers() ?? Unicast().FirstOrDefault(address => !IPAddress.IsLoopback(address)))?.ToString() ?? Dns.GetHostName(), null);

    /// <summary>For a client on this host.</summary>
    public static string Own(ControllerOptions options) =>
        options.ListensEverywhere ? IPAddress.Loopback.ToString() : options.Listen.Address.ToString();

    /// <summary>Sorted texts: what a server certificate has to name.</summary>
    public static SortedSet<string> All(ControllerOptions options)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal) { "localhost" };
        names.UnionWith(options.Advertise.Select(host => host.Host.ToLowerInvariant()));
        names.UnionWith(Unicast().Take(AddressesMax).Select(address => address.ToString()));
        var own = Dns.GetHostName().ToLowerInvariant();
        if (Uri.CheckHostName(own) == UriHostNameType.Dns)
        {
            names.Add(own);
        }

        return names;
    }

    private static List<IPAddress> Unicast() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(adapter => adapter.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(adapter => adapter.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => !address.IsIPv6LinkLocal)
            .Distinct()
            .OrderBy(address => address.AddressFamily),
    ];

    /// <summary>The source address of the default route. Connecting a datagram socket sends nothing.</summary>
    private static IPAddress? TowardsOthers()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(IPAddress.Parse("192.0.2.1"), 9);
            return (socket.LocalEndPoint as IPEndPoint)?.Address is { } address && !IPAddress.IsLoopback(address) ? address : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
