using System.Security.Authentication;
using Grpc.Core;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Domain;

namespace MeshActors.Agent.Session;

/// <summary>Tells a no from a not now.</summary>
internal static class Refusals
{
    private const string CodeTrailer = "mesh-code";

    /// <summary>Codes that pass by themselves.</summary>
    private static readonly HashSet<string> Passing = [RefusalCodes.Unavailable, RefusalCodes.Overloaded];

    /// <exception cref="RefusedException">It is a no.</exception>
    public static void ThrowIfFinal(GoAway goAway)
    {
        if (goAway.Final)
        {
            throw new RefusedException(goAway.Reason?.Code ?? "", goAway.Reason?.Message ?? "The controller says no.");
        }
    }

    public static RefusedException? Of(Refused refused) =>
        Passing.Contains(refused.Code) ? null : new RefusedException(refused.Code, refused.Message);

    public static RefusedException? Of(RpcException e)
    {
        var code = e.Trailers.GetValue(CodeTrailer);
        return code is not null
            ? Passing.Contains(code) ? null : new RefusedException(code, e.Status.Detail)
            : e.StatusCode switch
            {
                StatusCode.Unauthenticated => new RefusedException(RefusalCodes.CredentialInvalid, e.Status.Detail),
                StatusCode.PermissionDenied => new RefusedException(RefusalCodes.NotAllowed, e.Status.Detail),
                _ => null,
            };
    }

    /// <summary>The certificate is not one of the controller that this agent was told of.</summary>
    public static bool IsDistrust(Exception e) =>
        e is AuthenticationException || (e.InnerException is { } inner && IsDistrust(inner))
        || (e is RpcException { Status.DebugException: { } cause } && IsDistrust(cause));

    /// <summary>One line for people, without the nesting of the libraries.</summary>
    public static string Sentence(Exception e, Uri server)
    {
        if (IsDistrust(e))
        {
            return $"{server.Authority} shows a certificate that is not of this mesh's controller (wrong pin or CA).";
        }

        var cause = e is RpcException { Status.DebugException: { } debug } ? debug : e;
        while (cause.InnerException is { } inner)
        {
            cause = inner;
        }

        return e is RpcException rpc && cause == e ? $"{rpc.StatusCode}: {rpc.Status.Detail}" : cause.Message;
    }
}
