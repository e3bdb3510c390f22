using Akka.Actor;
using Google.Protobuf;
using MeshActors.Contracts.Sessions;

namespace MeshActors.Remoting.Calls;

/// <summary>An open call as the agent's session logic sees it.</summary>
internal sealed class EdgeExchange<TOut, TIn>(OutgoingCall call, IActorRef actor, MessageParser<TIn> parser) : IAgentExchange<TOut, TIn>
    where TOut : IMessage
    where TIn : class, IMessage<TIn>
{
    public async Task SendAsync(TOut message, CancellationToken cancellationToken)
    {
        try
        {
            await call.Line.SendAsync(message.ToByteArray(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
            throw new ControllerUnreachableException($"{fault.Message}.", inner: fault);
        }
    }

    /// <summary>The edge's End ends both ways.</summary>
    public Task SendLastAsync(TOut message, CancellationToken cancellationToken) => SendAsync(message, cancellationToken);

    public async Task<TIn?> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await call.Line.ReadAsync(cancellationToken).ConfigureAwait(false) is { } bytes ? parser.ParseFrom(bytes.Span) : null;
        }
        catch (IOException fault) when (fault is not InvalidProtocolBufferException)
        {
            throw fault.InnerException is ControllerRefusedException or ControllerUnreachableException
                ? fault.InnerException
                : new ControllerUnreachableException($"{fault.Message}.", inner: fault);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new ControllerUnreachableException("the edge sent what is no message.", inner: fault);
        }
    }

    public ValueTask DisposeAsync()
    {
        actor.Tell(CallActor.HangUp.Instance);
        return ValueTask.CompletedTask;
    }
}
