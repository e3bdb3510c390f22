using System.Net;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.Trust;

namespace MeshActors.Controller.Remoting;

/// <summary>The one name by which agents call the edge: Akka drops messages to any other.</summary>
internal static class EdgeAddress
{
    /// <summary>The host that was advertised first; else the address that the edge listens on; else this host's own.</summary>
    public static (string Host, int Port) Of(ControllerOptions options)
    {
        var listen = options.EdgeListen!;
        var isAny = listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any);
        return (options.Advertise is not [_, ..] && !isAny ? listen.Address.ToString() : LocalNames.Primary(options).Host, listen.Port);
    }
}
