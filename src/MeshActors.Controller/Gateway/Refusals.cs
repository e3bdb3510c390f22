using Grpc.Core;
using MeshActors.Domain;

namespace MeshActors.Controller.Gateway;

/// <summary>A refusal as a gRPC error: the code in a trailer, for programs; the sentence as the detail, for people.</summary>
internal static class Refusals
{
    public const string CodeTrailer = "mesh-code";

    public static RpcException ToRpcException(this Refusal refusal) => new(
        new Status(StatusOf(refusal.Code), refusal.Message), new Metadata { { CodeTrailer, refusal.Code } });

    public static RpcException Malformed(string message) => new Refusal(RefusalCodes.RequestMalformed, message).ToRpcException();

    /// <summary>Whatever the transport.</summary>
    public static readonly Refusal NotNow = new(RefusalCodes.Unavailable,
        "The controller cannot answer now: its journal or the organization is not reachable. Nothing is lost; try again.");

    public static RpcException Unavailable() => NotNow.ToRpcException();

    /// <summary>With the reason: for operators.</summary>
    public static RpcException Unavailable(string reason) => new Refusal(RefusalCodes.Unavailable, reason).ToRpcException();

    private static StatusCode StatusOf(string code) => code switch
    {
        RefusalCodes.OrganizationUnknown or RefusalCodes.NodeUnknown or RefusalCodes.JoinKeyUnknown or RefusalCodes.TokenUnknown
            => StatusCode.NotFound,
        RefusalCodes.OrganizationExists or RefusalCodes.AddressTaken or RefusalCodes.PrefixOverlap or RefusalCodes.KeyInUse
            => StatusCode.AlreadyExists,
        RefusalCodes.PrefixMalformed or RefusalCodes.PrefixHostBits or RefusalCodes.PrefixReserved or RefusalCodes.PrefixInPool
            or RefusalCodes.AddressMalformed or RefusalCodes.AddressNotInPool or RefusalCodes.NameMalformed
            or RefusalCodes.RequestMalformed or RefusalCodes.NodeAmbiguous or RefusalCodes.RegionUnknown or RefusalCodes.OrganizationMismatch
            => StatusCode.InvalidArgument,
        RefusalCodes.TooManyPrefixes or RefusalCodes.TooManyNodes or RefusalCodes.TooManyJoinKeys or RefusalCodes.TooManyTokens
            or RefusalCodes.TooManyOrganizations or RefusalCodes.PoolExhausted or RefusalCodes.Overloaded
            => StatusCode.ResourceExhausted,
        RefusalCodes.TokenInvalid or RefusalCodes.CredentialInvalid or RefusalCodes.JoinKeyInvalid or RefusalCodes.JoinProofInvalid
            or RefusalCodes.JoinKeyExpired or RefusalCodes.JoinKeyRevoked or RefusalCodes.JoinKeyUsed
            => StatusCode.Unauthenticated,
        RefusalCodes.NotAllowed => StatusCode.PermissionDenied,
        RefusalCodes.Unavailable => StatusCode.Unavailable,
        _ => StatusCode.FailedPrecondition,
    };
}
