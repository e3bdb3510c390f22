using Grpc.Core;
using Grpc.Core.Interceptors;
using MeshActors.Cluster;
using MeshActors.Controller.Gateway;
using MeshActors.Domain.Trust;

namespace MeshActors.Controller.Admin;

/// <summary>Every refused call of an operator is logged once, with the token's id and never its secret.</summary>
internal sealed partial class AdminInterceptor(ILogger<AdminInterceptor> logger) : Interceptor
{
    private const int SentenceLengthMax = 300;

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
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
        CallRefused(
            context.Method,
            Caller.RemoteAddress(context)?.ToString() ?? "unknown",
            Caller.FindBearer(context, Bearer.TokenKind)?.Id ?? "none",
            error.Trailers.GetValue(Refusals.CodeTrailer) ?? error.StatusCode.ToString(),
            Shorten(error.Status.Detail));
        return error;
    }

    /// <summary>Refusals repeat what was asked for, up to the length of a message; none of a secret.</summary>
    private static string Shorten(string sentence) => sentence.Length <= SentenceLengthMax ? sentence : sentence[..SentenceLengthMax] + "...";

    [LoggerMessage(Level = LogLevel.Warning, Message = "The call {Method} from {Remote} with token {Token} was refused: {Code}: {Sentence}")]
    private partial void CallRefused(string method, string remote, string token, string code, string sentence);
}
