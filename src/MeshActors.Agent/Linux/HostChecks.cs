using System.Net;
using System.Net.Sockets;

namespace MeshActors.Agent.Linux;

/// <summary>Finds out before anyone is asked to let this machine in whether it could be a node at all.</summary>
internal static class HostChecks
{
    private const int NetAdminBit = 12;

    /// <exception cref="HostCannotException">With the remedy.</exception>
    public static void Require()
    {
        AddSystemPath();
        if (!HasNetAdmin())
        {
            throw new HostCannotException("no right to set up network interfaces (CAP_NET_ADMIN): run it with sudo.");
        }

        foreach (var (program, package) in ((string, string)[])[("ip", "iproute2"), ("wg", "wireguard-tools")])
        {
            if (!Command.Exists(program))
            {
                throw new HostCannotException($"the program `{program}` is not installed: apt-get install {package} (or apt-get install wireguard-tools wireguard-go for all of WireGuard)");
            }
        }
    }

    /// <summary>To be asked while the interface is not there: after that the port is in use by itself.</summary>
    public static void RequireFreePort(ushort port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new HostCannotException($"UDP port {port} is in use on this host: free it, or give another with --listen-port.");
        }
    }

    /// <summary>Started by a service manager or by su, the path may lack the places of `ip` and `iptables`.</summary>
    public static void AddSystemPath()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        var missing = ((string[])["/usr/local/sbin", "/usr/sbin", "/sbin"]).Except(path.Split(':'));
        Environment.SetEnvironmentVariable("PATH", string.Join(':', [path, .. missing]));
    }

    private static bool HasNetAdmin()
    {
        var effective = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        return effective is not null
            && ulong.TryParse(effective.AsSpan(7).Trim(), System.Globalization.NumberStyles.HexNumber, null, out var bits)
            && (bits & (1UL << NetAdminBit)) != 0;
    }
}
