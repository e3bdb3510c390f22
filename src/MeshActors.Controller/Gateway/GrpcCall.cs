using Grpc.Core;

namespace MeshActors.Controller.Gateway;

/// <summary>An agent's call over gRPC.</summary>
/// <param name="encode">What goes on the wire for a message; it may be the same object each time, filled again.</param>
internal sealed class GrpcCall<TIn, TOut, TWire>(
    IAsyncStreamReader<TIn> requests, IServerStreamWriter<TWire> replies, ServerCallContext context, Func<TOut, TWire> encode) : IAgentCall<TIn, TOut>
    where TIn : class
{
    private static readonly WriteOptions MoreToCome = new(WriteFlags.BufferHint);

    public CallOrigin Origin { get; } = Caller.Origin(context);

    public CancellationToken Aborted => context.CancellationToken;

    // Its own token would abort the call: no status would reach the agent.
    public async Task<TIn?> ReadAsync()
    {
        try
        {
            return await requests.MoveNext(CancellationToken.None).ConfigureAwait(false) ? requests.Current : null;
        }
        catch (InvalidOperationException broken)
        {
            // What the server's pipe says when a connection breaks in the middle of a read.
            throw new ConnectionLostException(broken);
        }
    }

    public Task WriteAsync(TOut message, bool hasMore)
    {
        Aborted.ThrowIfCancellationRequested();
        replies.WriteOptions = hasMore ? MoreToCome : null;
        // Without the token: cancelling a write aborts the whole call, and the agent would not be told why.
        return replies.WriteAsync(encode(message), CancellationToken.None);
    }

    public void Abort() => context.GetHttpContext().Abort();
}

/// <summary>The caller's connection broke in the middle of its call.</summary>
internal sealed class ConnectionLostException(Exception inner) : IOException("The connection broke.", inner);
