using MeshActors.Contracts.Agent.V1;
using MeshActors.Domain.Trust;

namespace MeshActors.Contracts.Sessions;

/// <summary>How an agent reaches one gateway: gRPC, or Akka remoting. Both carry the messages of agent.proto.</summary>
public interface IAgentTransport : IAsyncDisposable
{
    /// <exception cref="ControllerUnreachableException">Nobody answers there, or not who was expected.</exception>
    Task<IAgentExchange<JoinStep, JoinStep>> JoinAsync(CancellationToken cancellationToken);

    /// <param name="credential">The node's, with its secret; null is for those who test what is then answered.</param>
    /// <exception cref="ControllerUnreachableException">Nobody answers there, or not who was expected.</exception>
    Task<IAgentExchange<AgentMessage, GatewayMessage>> ConnectAsync(Bearer? credential, CancellationToken cancellationToken);
}

/// <summary>Messages both ways until one side ends it. Disposing ends it from here.</summary>
public interface IAgentExchange<in TOut, TIn> : IAsyncDisposable
    where TIn : class
{
    /// <exception cref="ControllerUnreachableException">It has ended.</exception>
    Task SendAsync(TOut message, CancellationToken cancellationToken);

    /// <summary>Sends what is the last from here; the gateway may still answer.</summary>
    /// <exception cref="ControllerUnreachableException">It has ended.</exception>
    Task SendLastAsync(TOut message, CancellationToken cancellationToken);

    /// <returns>Null when the gateway has said all that it will.</returns>
    /// <exception cref="ControllerRefusedException">The gateway says no.</exception>
    /// <exception cref="ControllerUnreachableException">The connection is gone, or the gateway cannot answer now.</exception>
    Task<TIn?> ReceiveAsync(CancellationToken cancellationToken);
}

/// <summary>The controller says no; asking again the same way is no use.</summary>
public sealed class ControllerRefusedException(string code, string message) : Exception(message)
{
    /// <summary>One of the domain's refusal codes.</summary>
    public string Code { get; } = code;
}

/// <summary>No answer now: ask again, here or elsewhere.</summary>
/// <param name="isDistrust">Someone answers, and is not the mesh's controller.</param>
public sealed class ControllerUnreachableException(string message, bool isDistrust = false, Exception? inner = null) : Exception(message, inner)
{
    public bool IsDistrust { get; } = isDistrust;
}
