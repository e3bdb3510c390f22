using Google.Protobuf;
using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Edge.V1;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using MeshActors.Remoting.Calls;

namespace MeshActors.Controller.Remoting;

/// <summary>Answers the edge's calls with the gateway's own code.</summary>
internal sealed partial class AgentCalls(JoinCall join, ConnectCall connect, ILogger<AgentCalls> logger)
{
    private static readonly Refusal Failed = new(RefusalCodes.Unavailable, "The controller failed; its log says why. Try again.");

    /// <returns>What the agent is told at the end; null when the call ended as calls do.</returns>
    public async Task<Refusal?> AnswerAsync(Open.Types.Kind kind, Line line, CallOrigin origin)
    {
        try
        {
            await (kind == Open.Types.Kind.Join
                ? join.RunAsync(new EdgeCall<JoinStep, JoinStep>(line, origin, JoinStep.Parser, static step => step.ToByteArray()))
                : connect.RunAsync(new EdgeCall<AgentMessage, ReadOnlyMemory<byte>>(line, origin, AgentMessage.Parser, static bytes => bytes)))
                .ConfigureAwait(false);
            return null;
        }
        catch (CallRefusedException refused)
        {
            return refused.Reason;
        }
        catch (CallLateException late)
        {
            return new Refusal(RefusalCodes.Unavailable, late.Message);
        }
        catch (RegionAwayException away)
        {
            return new Refusal(RefusalCodes.Unavailable, away.Message);
        }
        catch (MeshUnavailableException)
        {
            return Refusals.NotNow;
        }
        catch (Exception end) when (end is IOException or OperationCanceledException)
        {
            // The line broke: there is nobody to tell.
            return null;
        }
        catch (Exception fault)
        {
            CallFailed(origin.Peer, fault);
            return Failed;
        }
    }

    [LoggerMessage(EventId = 2301, Level = LogLevel.Error, Message = "A call of {Peer} over the edge failed.")]
    private partial void CallFailed(string peer, Exception fault);
}
