using System.Buffers;
using Grpc.Core;

namespace MeshActors.Controller.Gateway;

/// <summary>A GatewayMessage that was encoded once for all agents. One for a stream: it is filled again after each write.</summary>
public sealed class EncodedMessage
{
    /// <summary>Copies the bytes straight into the connection's buffer.</summary>
    public static readonly Marshaller<EncodedMessage> Marshaller = Marshallers.Create<EncodedMessage>(
        (message, context) =>
        {
            context.SetPayloadLength(message.Bytes.Length);
            context.GetBufferWriter().Write(message.Bytes.Span);
            context.Complete();
        },
        _ => throw new NotSupportedException("A gateway only sends these."));

    public ReadOnlyMemory<byte> Bytes { get; set; }
}
