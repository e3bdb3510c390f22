using System.Net.Sockets;
using MeshActors.Cluster;
using MeshActors.Controller.CommandLine;
using Microsoft.AspNetCore.Connections;

namespace MeshActors.Controller.Hosting;

/// <summary>Says what a start stumbled over, with the remedy.</summary>
internal static class StartFaults
{
    /// <summary>Null for a fault that is the program's own.</summary>
    public static StartException? Explain(Exception fault, ControllerOptions options) => Innermost(fault) switch
    {
        StartException explained => explained,
        MeshUnavailableException journal => StartException.Host(journal.Message, fault),
        AddressInUseException => StartException.Host(
            $"another program listens on {options.Listen} (`ss -ltnp sport = :{options.Listen.Port}` shows which). Stop it, or choose another with --listen.", fault),
        SocketException socket => StartException.Host(
            $"cannot listen on {options.Listen}: {socket.Message}. Choose an address of this host and a port that this user may use with --listen.", fault),
        IOException or UnauthorizedAccessException => StartException.Host($"{fault.Message.TrimEnd('.')}. Check the disk of {options.DataDirectory}.", fault),
        _ => null,
    };

    private static Exception Innermost(Exception fault) =>
        Chain(fault).FirstOrDefault(e => e is StartException or MeshUnavailableException or AddressInUseException or SocketException) ?? fault;

    private static IEnumerable<Exception> Chain(Exception fault)
    {
        for (var e = fault; e is not null; e = e.InnerException)
        {
            yield return e;
        }
    }
}
