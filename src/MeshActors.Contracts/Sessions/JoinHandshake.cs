using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Trust;

namespace MeshActors.Contracts.Sessions;

/// <summary>The agent's side of one join: Request, Challenge, Proof, Reply.</summary>
public static class JoinHandshake
{
    /// <summary>One call, without the waiting between calls.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);

    /// <param name="privateKey">WireGuard's, whose public half is in the request.</param>
    /// <returns>Null for a controller that asks to come back later.</returns>
    /// <exception cref="ControllerRefusedException">The controller says no.</exception>
    /// <exception cref="ControllerUnreachableException">No answer: try again.</exception>
    public static async Task<Joined?> RunAsync(
        IAgentTransport transport, JoinRequest request, ReadOnlyMemory<byte> privateKey, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(CallTimeout);
        try
        {
            return await CallAsync(transport, request, privateKey, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ControllerUnreachableException($"the join was not answered within {CallTimeout.TotalSeconds:0} s.");
        }
    }

    private static async Task<Joined?> CallAsync(
        IAgentTransport transport, JoinRequest request, ReadOnlyMemory<byte> privateKey, CancellationToken cancellationToken)
    {
        var exchange = await transport.JoinAsync(cancellationToken).ConfigureAwait(false);
        await using (exchange.ConfigureAwait(false))
        {
            await exchange.SendAsync(new JoinStep { Request = request }, cancellationToken).ConfigureAwait(false);
            while (await exchange.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } step)
            {
                if (step.Challenge is { } challenge)
                {
                    var proof = new JoinProof { Proof = ByteString.CopyFrom(PossessionProof.Answer(request, challenge, privateKey.Span)) };
                    await exchange.SendLastAsync(new JoinStep { Proof = proof }, cancellationToken).ConfigureAwait(false);
                }
                else if (step.Reply is { } reply)
                {
                    return Read(reply);
                }
            }

            return null;
        }
    }

    private static Joined? Read(JoinReply reply)
    {
        if (reply.Refused is { } refused)
        {
            Answers.ThrowIfFinal(refused);
        }

        return reply.Joined;
    }
}
