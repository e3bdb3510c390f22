using System.Security.Authentication;
using Grpc.Core;
using MeshActors.Contracts.History;

namespace MeshActors.Cli.Failures;

/// <summary>From what went wrong to what the person reads and the script sees.</summary>
internal static class FailureMapping
{
    /// <summary>The trailer in which a controller puts the refusal's code.</summary>
    public const string CodeTrailer = "mesh-code";

    /// <param name="server">The controller that was called, or null when none was yet.</param>
    public static Failure Of(Exception exception, Uri? server) => exception switch
    {
        FailureException known => known.Failure,
        ExportFaultException damaged => new(ExitStatus.Failed, damaged.Fault.Code, damaged.Fault.Message),
        RpcException rpc => OfCall(rpc, server),
        OperationCanceledException => new(ExitStatus.Failed, "cancelled", "Stopped before the answer; whether the controller did it is not known."),
        UnauthorizedAccessException or IOException => new(ExitStatus.Failed, "io-failed", exception.Message),
        _ => new(ExitStatus.Failed, "internal", $"{exception.GetType().Name}: {exception.Message}"),
    };

    /// <summary>True when the same call may succeed by itself later: the way is broken, or the controller busy.</summary>
    public static bool IsPassing(RpcException exception) => Code(exception) switch
    {
        "unavailable" or "overloaded" => true,
        null => exception.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal
            or StatusCode.Aborted or StatusCode.Cancelled or StatusCode.Unknown,
        _ => false,
    } && Untrusted(exception) is null;

    private static Failure OfCall(RpcException exception, Uri? server) =>
        Code(exception) is { } code ? new(ExitStatus.Refused, code, exception.Status.Detail)
        : Untrusted(exception) is { } cause ? new(ExitStatus.Unreachable, "controller-untrusted",
            $"What answers at {server} does not prove to be the controller: {cause} Check --server, and that the token (or --ca) is of this controller.")
        : exception.StatusCode switch
        {
            StatusCode.Unavailable => new(ExitStatus.Unreachable, "controller-unreachable",
                $"No answer from {server}: {Cause(exception)} Check that mesh-controller runs there and that the port is open, or name another with --server or MESHCTL_SERVER."),
            StatusCode.DeadlineExceeded => new(ExitStatus.Unreachable, "controller-unreachable",
                $"{server} did not answer in time; whether it did the work is not known. The same command may be given again."),
            StatusCode.Cancelled => Of(new OperationCanceledException(), server),
            StatusCode.Unimplemented => new(ExitStatus.Failed, "controller-differs",
                $"{server} does not know this call: it is no mesh-controller, or of another version than this meshctl."),
            var status => new(ExitStatus.Failed, $"call-failed-{status.ToString().ToLowerInvariant()}", $"{server}: {Cause(exception)}"),
        };

    private static string? Code(RpcException exception) => exception.Trailers.GetValue(CodeTrailer);

    /// <summary>Why TLS did not trust the peer, or null when that was not the fault.</summary>
    private static string? Untrusted(RpcException exception)
    {
        for (Exception? e = exception.Status.DebugException; e is not null; e = e.InnerException)
        {
            if (e is AuthenticationException)
            {
                return Sentence(e.Message);
            }
        }

        return null;
    }

    private static string Cause(RpcException exception)
    {
        var innermost = exception.Status.DebugException;
        while (innermost?.InnerException is { } inner)
        {
            innermost = inner;
        }

        return Sentence(innermost?.Message ?? exception.Status.Detail);
    }

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
