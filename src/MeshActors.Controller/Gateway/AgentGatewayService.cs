using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.Controller.Gateway;

/// <summary>The agent API. A call that cannot be answered now ends as Unavailable, and the agent comes back.</summary>
internal sealed class AgentGatewayService(JoinCall join, ConnectCall connect) : AgentGatewayBase
{
    public override async Task Join(IAsyncStreamReader<JoinStep> requests, IServerStreamWriter<JoinStep> replies, ServerCallContext context)
    {
        try
        {
            await join.RunAsync(requests, replies, context).ConfigureAwait(false);
        }
        catch (RegionAwayException fault)
        {
            throw Refusals.Unavailable(fault.Message);
        }
        catch (MeshUnavailableException)
        {
            throw Refusals.Unavailable();
        }
    }

    public override async Task Connect(IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<EncodedMessage> replies, ServerCallContext context)
    {
        try
        {
            await connect.RunAsync(requests, replies, context).ConfigureAwait(false);
        }
        catch (RegionAwayException fault)
        {
            throw Refusals.Unavailable(fault.Message);
        }
        catch (MeshUnavailableException)
        {
            throw Refusals.Unavailable();
        }
    }
}
