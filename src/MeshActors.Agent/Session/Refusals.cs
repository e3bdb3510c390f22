using System.Security.Authentication;
using Grpc.Core;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain;

namespace MeshActors.Agent.Session;

/// <summary>What gRPC's errors mean: a no, or a not now.</summary>
internal static class Refusals
{
    private const string CodeTrailer = "mesh-code";

    public static Exception Of(RpcException e, Uri server) => FindCode(e) is { } code && !Answers.IsPassing(code)
        ? new ControllerRefusedException(code, e.Status.Detail)
        : new ControllerUnreachableException(Sentence(e, server), IsDistrust(e), e);

    private static string? FindCode(RpcException e) => e.Trailers.GetValue(CodeTrailer) ?? e.StatusCode switch
    {
        StatusCode.Unauthenticated => RefusalCodes.CredentialInvalid,
        StatusCode.PermissionDenied => RefusalCodes.NotAllowed,
        _ => null,
    };

    /// <summary>The certificate is not one of the controller that this agent was told of.</summary>
    private static bool IsDistrust(Exception e) =>
        e is AuthenticationException || (e.InnerException is { } inner && IsDistrust(inner))
        || (e is RpcException { Status.DebugException: { } cause } && IsDistrust(cause));

    /// <summary>One line for people, without the nesting of the libraries.</summary>
    private static string Sentence(RpcException e, Uri server)
    {
        if (IsDistrust(e))
        {
            return $"{server.Authority} shows a certificate that is not of this mesh's controller (wrong pin or CA).";
        }

        var cause = e.Status.DebugException ?? e;
        while (cause.InnerException is { } inner)
        {
            cause = inner;
        }

        return cause == e ? $"{e.StatusCode}: {e.Status.Detail}" : cause.Message;
    }
}
