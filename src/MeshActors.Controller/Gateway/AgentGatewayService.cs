using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.Controller.Gateway;

/// <summary>The agent API over gRPC. A call that cannot be answered now ends as Unavailable, and the agent comes back.</summary>
internal sealed class AgentGatewayService(JoinCall join, ConnectCall connect) : AgentGatewayBase
{
    public override Task Join(IAsyncStreamReader<JoinStep> requests, IServerStreamWriter<JoinStep> replies, ServerCallContext context) =>
        AnswerAsync(join.RunAsync(new GrpcCall<JoinStep, JoinStep, JoinStep>(requests, replies, context, static step => step)));

    public override Task Connect(IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<EncodedMessage> replies, ServerCallContext context)
    {
        var message = new EncodedMessage();
        return AnswerAsync(connect.RunAsync(new GrpcCall<AgentMessage, ReadOnlyMemory<byte>, EncodedMessage>(requests, replies, context, bytes =>
        {
            message.Bytes = bytes;
            return message;
        })));
    }

    private static async Task AnswerAsync(Task call)
    {
        try
        {
            await call.ConfigureAwait(false);
        }
        catch (CallRefusedException refused)
        {
            throw refused.Reason.ToRpcException();
        }
        catch (CallLateException late)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, late.Message));
        }
        catch (RegionAwayException away)
        {
            throw Refusals.Unavailable(away.Message);
        }
        catch (MeshUnavailableException)
        {
            throw Refusals.Unavailable();
        }
        catch (ConnectionLostException)
        {
            // Nobody is left to be told, and it is no fault of this process.
            throw new RpcException(Status.DefaultCancelled);
        }
    }
}
