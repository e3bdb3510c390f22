using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Akka.Event;
using MeshActors.Contracts.Trust;
using MeshActors.Controller.Gateway;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace MeshActors.Controller.Remoting;

/// <summary>
/// Lets in whoever shows an agent's certificate of the mesh's CA. That opens the door, no more: what an agent may do is
/// decided by its join key or credential, as over gRPC.
/// </summary>
internal sealed partial class AgentTrust(X509Certificate2 authority, RefusalLog refusals, ILogger<AgentTrust> logger)
{
    public bool IsGood(X509Certificate2? certificate, X509Chain? chain, string address, SslPolicyErrors errors, ILoggingAdapter log)
    {
        if (PeerTrust.FindFault(certificate, authority, PeerRole.Agent) is not { } fault)
        {
            return true;
        }

        var peer = HostOf(address);
        if (refusals.Enter(Doors.Edge, peer, "certificate", Quoted().Replace(fault, "")) is { } unsaid)
        {
            Refused(peer, fault.ReplaceLineEndings(" "), unsaid);
        }

        return false;
    }

    /// <summary>Without the port, which is another each time.</summary>
    private static string HostOf(string address) =>
        IPEndPoint.TryParse(address, out var endpoint) ? (endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address).ToString()
        : address;

    /// <summary>Names that the peer chose.</summary>
    [GeneratedRegex("'.*'", RegexOptions.Singleline)]
    private static partial Regex Quoted();

    [LoggerMessage(EventId = 2302, Level = LogLevel.Warning, Message = "The edge refused {Peer}: {Fault} ({Unsaid} like it unsaid).")]
    private partial void Refused(string peer, string fault, long unsaid);
}
