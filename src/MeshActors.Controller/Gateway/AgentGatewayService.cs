using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.Controller.Gateway;

/// <summary>
/// The agent API. Bound by hand: the map's messages are encoded once for all agents, which the generated base class
/// cannot send.
/// </summary>
[BindServiceMethod(typeof(AgentGatewayService), nameof(Bind))]
internal sealed class AgentGatewayService(JoinCall join, ConnectCall connect)
{
    private const string Service = "meshactors.agent.v1.AgentGateway";

    public static void Bind(ServiceBinderBase binder, AgentGatewayService? service)
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

    public async Task Join(IAsyncStreamReader<JoinStep> requests, IServerStreamWriter<JoinStep> replies, ServerCallContext context)
    {
        try
        {
            await join.RunAsync(requests, replies, context).ConfigureAwait(false);
        }
        catch (MeshUnavailableException)
        {
            throw Refusals.Unavailable();
        }
    }

    public async Task Connect(IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<EncodedMessage> replies, ServerCallContext context)
    {
        try
        {
            await connect.RunAsync(requests, replies, context).ConfigureAwait(false);
        }
        catch (MeshUnavailableException)
        {
            throw Refusals.Unavailable();
        }
    }

    private static Marshaller<T> Of<T>(Google.Protobuf.MessageParser<T> parser)
        where T : class, Google.Protobuf.IMessage<T> =>
        Marshallers.Create<T>(
            (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                Google.Protobuf.MessageExtensions.WriteTo(message, context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}
