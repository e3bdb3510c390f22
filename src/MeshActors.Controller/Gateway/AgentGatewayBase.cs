using Google.Protobuf;
using Grpc.Core;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.Controller.Gateway;

/// <summary>
/// The agent API's methods, bound by hand: the map's messages are encoded once for all agents, which the generated base
/// class cannot send.
/// </summary>
[BindServiceMethod(typeof(AgentGatewayBase), nameof(Bind))]
internal abstract class AgentGatewayBase
{
    private const string Service = "meshactors.agent.v1.AgentGateway";

    public static void Bind(ServiceBinderBase binder, AgentGatewayBase? service)
    {
        var strict = new StrictBinder(binder);
        strict.AddMethod(
            new Method<JoinStep, JoinStep>(MethodType.DuplexStreaming, Service, nameof(Join), Of(JoinStep.Parser), Of(JoinStep.Parser)),
            service is null ? null : new DuplexStreamingServerMethod<JoinStep, JoinStep>(service.Join));
        strict.AddMethod(
            new Method<AgentMessage, EncodedMessage>(
                MethodType.DuplexStreaming, Service, nameof(Connect), Of(AgentMessage.Parser), EncodedMessage.Marshaller),
            service is null ? null : new DuplexStreamingServerMethod<AgentMessage, EncodedMessage>(service.Connect));
    }

    public abstract Task Join(IAsyncStreamReader<JoinStep> requests, IServerStreamWriter<JoinStep> replies, ServerCallContext context);

    public abstract Task Connect(IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<EncodedMessage> replies, ServerCallContext context);

    private static Marshaller<T> Of<T>(MessageParser<T> parser)
        where T : class, IMessage<T> =>
        Marshallers.Create<T>(
            (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}
