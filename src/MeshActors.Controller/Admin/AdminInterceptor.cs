using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MeshActors.Cluster;
using MeshActors.Cluster.Telemetry;
using MeshActors.Controller.Gateway;
using MeshActors.Domain.Trust;

namespace MeshActors.Controller.Admin;

/// <summary>Every refused call of an operator is counted, and logged with the token's id and never its secret: the same one once in a while.</summary>
internal sealed partial class AdminInterceptor(RefusalLog refusals, ILogger<AdminInterceptor> logger) : Interceptor
{
    private const int SentenceLengthMax = 300;

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        using var span = MeshTraces.Start(context.Method, ActivityKind.Server, Caller.TraceParent(context));
        try
        {
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RpcException or MeshUnavailableException)
        {
            throw Refused(context, fault);
        }
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        StreamAsync(() => continuation(request, responseStream, context), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        StreamAsync(() => continuation(requestStream, responseStream, context), context);

    private async Task StreamAsync(Func<Task> call, ServerCallContext context)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException && context.CancellationToken.IsCancellationRequested)
        {
            // The operator closed the stream.
        }
        catch (Exception fault) when (fault is RpcException or MeshUnavailableException)
        {
            throw Refused(context, fault);
        }
    }

    private RpcException Refused(ServerCallContext context, Exception fault)
    {
        var error = fault as RpcException ?? Refusals.Unavailable(fault.Message);
        var remote = Caller.RemoteAddress(context)?.ToString() ?? "unknown";
        var token = Caller.FindBearer(context, Bearer.TokenKind)?.Id ?? "none";
        var code = error.Trailers.GetValue(Refusals.CodeTrailer) ?? error.StatusCode.ToString();
        var sentence = Shorten(error.Status.Detail);
        // The sentence names what was asked for: each organization that a token does not open is told of.
        if (refusals.Enter(Doors.Admin, $"{remote}/{token}/{sentence}", code, $"{context.Method} {code}") is { } unsaid)
        {
            CallRefused(context.Method, remote, token, code, sentence, unsaid);
        }

        return error;
    }

    /// <summary>Refusals repeat what was asked for, up to the length of a message; none of a secret.</summary>
    private static string Shorten(string sentence) => sentence.Length <= SentenceLengthMax ? sentence : sentence[..SentenceLengthMax] + "...";

    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning, Message = "The call {Method} from {Remote} with token {Token} was refused: {Code}: {Sentence} ({Unsaid} like it unsaid)")]
    private partial void CallRefused(string method, string remote, string token, string code, string sentence, long unsaid);
}
