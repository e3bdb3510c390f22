using Google.Protobuf;
using MeshActors.Controller.Gateway;
using MeshActors.Remoting.Calls;

namespace MeshActors.Controller.Remoting;

/// <summary>An agent's call over Akka remoting.</summary>
internal sealed class EdgeCall<TIn, TOut>(Line line, CallOrigin origin, MessageParser<TIn> parser, Func<TOut, ReadOnlyMemory<byte>> encode)
    : IAgentCall<TIn, TOut>
    where TIn : class, IMessage<TIn>
{
    public CallOrigin Origin => origin;

    public CancellationToken Aborted => line.Broken;

    public async Task<TIn?> ReadAsync() =>
        await line.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } bytes ? Parse(bytes) : null;

    public Task WriteAsync(TOut message, bool hasMore) => line.SendAsync(encode(message), Aborted);

    public void Abort() => line.Break("the agent took nothing");

    private TIn Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            throw CallRefusedException.Malformed($"The message is no {typeof(TIn).Name}; use a client of this controller's version.");
        }
    }
}
