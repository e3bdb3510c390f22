using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Trust;

namespace MeshActors.Contracts.Sessions;

/// <summary>
/// An agent's streams, one after another: each goes on from the map that the one before it left, takes the map and its
/// changes, and says what the outbox holds.
/// </summary>
/// <param name="map">What the agent has from before; the empty map when nothing.</param>
public sealed class MapSession(MeshMap map, Outbox outbox)
{
    private MeshMap _resume = map;

    /// <summary>One stream, until it ends.</summary>
    /// <param name="hello">Without a revision and what is accepted: those are added.</param>
    /// <param name="take">Each whole map, with its digest checked.</param>
    /// <returns>Why it ended, for people; the agent comes back.</returns>
    /// <exception cref="ControllerRefusedException">The controller says no.</exception>
    /// <exception cref="ControllerUnreachableException">No answer, or the connection is gone.</exception>
    public async Task<string> RunAsync(
        IAgentTransport transport, Bearer credential, Hello hello, Action<Welcome> welcomed, Action<MeshMap> take, CancellationToken stop)
    {
        try
        {
            var exchange = await transport.ConnectAsync(credential, stop).ConfigureAwait(false);
            await using (exchange.ConfigureAwait(false))
            {
                return await ExchangeAsync(exchange, hello, welcomed, take, stop).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is MapMismatchException or FormatException)
        {
            // Only the memory of what the controller need not send; what is applied stays.
            _resume = MeshMap.Empty;
            return $"{e.Message}; asking for a whole map.";
        }
    }

    private async Task<string> ExchangeAsync(
        IAgentExchange<AgentMessage, GatewayMessage> exchange, Hello hello, Action<Welcome> welcomed, Action<MeshMap> take, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        hello.HaveRevision = _resume.Revision;
        hello.HaveDigest = AgentMapping.DigestToWire(_resume.Digest);
        hello.Accepts.Add(Packing.Brotli);
        await exchange.SendAsync(new AgentMessage { Hello = hello }, ended.Token).ConfigureAwait(false);
        outbox.Repeat();
        var sending = SendAsync(exchange, ended.Token);
        try
        {
            return await ReceiveAsync(exchange, welcomed, take, ended.Token).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    private async Task<string> ReceiveAsync(
        IAgentExchange<AgentMessage, GatewayMessage> exchange, Action<Welcome> welcomed, Action<MeshMap> take, CancellationToken stop)
    {
        var assembly = new MapAssembly(_resume);
        while (await exchange.ReceiveAsync(stop).ConfigureAwait(false) is { } message)
        {
            switch (message.MessageCase)
            {
                case GatewayMessage.MessageOneofCase.Welcome:
                    welcomed(message.Welcome);
                    break;
                case GatewayMessage.MessageOneofCase.Chunk when assembly.Add(message.Chunk):
                    take(_resume = assembly.Map);
                    break;
                case GatewayMessage.MessageOneofCase.Packed when assembly.Add(message.Packed):
                    take(_resume = assembly.Map);
                    break;
                case GatewayMessage.MessageOneofCase.Delta:
                    assembly.Add(message.Delta);
                    take(_resume = assembly.Map);
                    break;
                case GatewayMessage.MessageOneofCase.GoAway:
                    Answers.ThrowIfFinal(message.GoAway);
                    return message.GoAway.Reason?.Message ?? "";
                default:
                    // A piece of a map that is not whole yet, or a message of a newer controller.
                    break;
            }
        }

        return "the controller ended the stream.";
    }

    private async Task SendAsync(IAgentExchange<AgentMessage, GatewayMessage> exchange, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await exchange.SendAsync(await outbox.TakeAsync(stop).ConfigureAwait(false), stop).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ControllerUnreachableException)
        {
            // The receiving side sees the same end, and tells why.
        }
    }
}
