using System.Net;
using MeshActors.Domain;
using MeshActors.Domain.Trust;

namespace MeshActors.Controller.Gateway;

/// <summary>One call of an agent, whatever transport carries it: the same code answers each of them.</summary>
/// <typeparam name="TIn">What the agent says.</typeparam>
/// <typeparam name="TOut">A message, or the bytes of one that was encoded once for all agents.</typeparam>
internal interface IAgentCall<TIn, in TOut>
    where TIn : class
{
    CallOrigin Origin { get; }

    /// <summary>The agent, or its connection, is gone.</summary>
    CancellationToken Aborted { get; }

    /// <summary>Null when the agent has said all that it will. One read at a time; a read ends with the call at the latest.</summary>
    /// <exception cref="CallRefusedException">What came is no message.</exception>
    Task<TIn?> ReadAsync();

    /// <summary>Waits while the agent takes nothing: no transport queues more than its own small window.</summary>
    /// <param name="hasMore">Another message follows at once, so that the transport may send both together.</param>
    Task WriteAsync(TOut message, bool hasMore = false);

    /// <summary>Ends the connection under a write that hangs.</summary>
    void Abort();
}

/// <summary>Who calls.</summary>
/// <param name="Credential">The secret that the call carries, of whatever kind; null when there is none.</param>
/// <param name="Address">Where the agent is seen; null where the transport hides it.</param>
/// <param name="Peer">The same in words, for people; never empty.</param>
internal sealed record CallOrigin(string? Credential, IPAddress? Address, string Peer, string RequestId)
{
    public Bearer? FindBearer(string kind) => Bearer.TryParse(Credential, kind, out var bearer) ? bearer : null;

    public Meta Meta(TimeProvider time, Principal principal) =>
        new(DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()), principal, RequestId);

    /// <summary>Without the credential.</summary>
    public override string ToString() => Peer;
}

/// <summary>Ends a call with a refusal in the place of an answer.</summary>
internal sealed class CallRefusedException(Refusal reason) : Exception(reason.Message)
{
    public Refusal Reason { get; } = reason;

    public static CallRefusedException Malformed(string message) => new(new Refusal(RefusalCodes.RequestMalformed, message));
}

/// <summary>The agent's next message did not come in time; it may call again.</summary>
internal sealed class CallLateException(string message) : Exception(message);
