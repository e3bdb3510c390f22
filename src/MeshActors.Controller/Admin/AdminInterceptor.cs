using Grpc.Core;
using Grpc.Core.Interceptors;
using MeshActors.Cluster;
using MeshActors.Controller.Gateway;
using MeshActors.Domain.Trust;

namespace MeshActors.Controller.Admin;

/// <summary>Every refused call of an operator is logged once, with the token's id and never its secret.</summary>
internal sealed partial class AdminInterceptor(ILogger<AdminInterceptor> logger) : Interceptor
{
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

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
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
            error.Trailers.GetValue(Refusals.CodeTrailer) ?? error.StatusCode.ToString());
        return error;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The call {Method} from {Remote} with token {Token} was refused: {Code}.")]
    private partial void CallRefused(string method, string remote, string token, string code);
}
