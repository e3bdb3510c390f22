using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Trust;
using MeshActors.Controller.Gateway;

namespace MeshActors.Controller.Regions;

/// <summary>Lets in gateways of other regions that mean this one, and nobody else.</summary>
internal sealed partial class RegionDoor(MeshOptions options, Homes homes, RefusalLog refusals, ILogger<RegionDoor> logger)
{
    // A connection's certificate is judged once.
    private readonly ConditionalWeakTable<X509Certificate2, string> _verdicts = [];

    /// <exception cref="RpcException">Another certificate than a controller's, or another region is meant.</exception>
    public void Admit(ServerCallContext context)
    {
        if (Judge(context.GetHttpContext().Connection.ClientCertificate) is { Length: > 0 } fault)
        {
            throw Refuse(context, StatusCode.PermissionDenied, "certificate", fault);
        }

        var meant = context.RequestHeaders.GetValue(LinkProtocol.RegionHeader);
        if (meant != homes.Own?.Value)
        {
            throw Refuse(context, StatusCode.FailedPrecondition, "region", $"this is a gateway of region '{homes.Own}', not of '{meant}'; correct --peer-region");
        }
    }

    private string Judge(X509Certificate2? certificate) =>
        certificate is null || options.Identity is not { } identity
            ? "a link between regions needs a certificate of role controller"
            : _verdicts.GetValue(certificate, shown => PeerTrust.FindFault(shown, identity.Authority, PeerRole.Controller) ?? "");

    private RpcException Refuse(ServerCallContext context, StatusCode status, string code, string fault)
    {
        var remote = Caller.RemoteAddress(context)?.ToString() ?? "unknown";
        if (refusals.Enter(Doors.Region, remote, code, fault) is { } unsaid)
        {
            Refused(remote, fault, unsaid);
        }

        return new RpcException(new Status(status, fault));
    }

    [LoggerMessage(EventId = 2401, Level = LogLevel.Warning, Message = "A link from {Remote} to this region was refused: {Fault} ({Unsaid} like it unsaid).")]
    private partial void Refused(string remote, string fault, long unsaid);
}
