using Grpc.Core;
using MeshActors.Contracts.Sessions;

namespace MeshActors.Agent.Session;

/// <summary>A duplex call whose failures are those of any transport.</summary>
internal sealed class GrpcExchange<TOut, TIn>(AsyncDuplexStreamingCall<TOut, TIn> call, Uri server) : IAgentExchange<TOut, TIn>
    where TIn : class
{
    public Task SendAsync(TOut message, CancellationToken cancellationToken) => SendAsync(message, isLast: false, cancellationToken);

    public Task SendLastAsync(TOut message, CancellationToken cancellationToken) => SendAsync(message, isLast: true, cancellationToken);

    private async Task SendAsync(TOut message, bool isLast, CancellationToken cancellationToken)
    {
        try
        {
            await call.RequestStream.WriteAsync(message, cancellationToken);
            if (isLast)
            {
                await call.RequestStream.CompleteAsync();
            }
        }
        catch (InvalidOperationException) when (!cancellationToken.IsCancellationRequested)
        {
            // The call has ended: why, the receiving side is told.
            throw new ControllerUnreachableException("the call has ended.");
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Refusals.Of(e, server);
        }
    }

    public async Task<TIn?> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await call.ResponseStream.MoveNext(cancellationToken) ? call.ResponseStream.Current : null;
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Refusals.Of(e, server);
        }
    }

    public ValueTask DisposeAsync()
    {
        call.Dispose();
        return ValueTask.CompletedTask;
    }
}
