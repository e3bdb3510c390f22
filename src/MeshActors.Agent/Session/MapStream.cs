using Grpc.Core;
using MeshActors.Agent.State;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Trust;

namespace MeshActors.Agent.Session;

/// <summary>Keeps the stream to a controller: takes the map, tells what is applied, comes back whenever it ends.</summary>
internal sealed class MapStream(
    Func<Hello> hello, MapHolder maps, Outbox outbox, Action<Uri, bool, string?> report, TimeProvider time)
{
    /// <summary>A stream that ended sooner was no success: two machines with one credential end each other's at once.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    private readonly Backoff _backoff = new();
    private MeshMap _resume = maps.Map;

    /// <exception cref="RefusedException">The controller says no.</exception>
    /// <param name="servers">One after another, as one after another fails.</param>
    public async Task RunAsync(IReadOnlyList<Uri> servers, Identity identity, CancellationToken stop)
    {
        for (var attempt = 0; !stop.IsCancellationRequested; attempt++)
        {
            var server = servers[attempt % servers.Count];
            string problem;
            var started = time.GetTimestamp();
            try
            {
                using var controller = new Controller(server, identity);
                problem = await ConnectAsync(controller, server, identity, stop);
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException e)
            {
                problem = Refusals.Of(e) is { } refused ? throw refused : Refusals.Sentence(e, server);
            }
            catch (Exception e) when (e is MapMismatchException or FormatException)
            {
                // Only the memory of what the controller need not send; what is applied stays.
                _resume = MeshMap.Empty;
                problem = $"{e.Message}; asking for a whole map.";
            }

            report(server, false, problem);
            if (time.GetElapsedTime(started) > StableAfter)
            {
                _backoff.Reset();
            }

            await Task.Delay(_backoff.Next(), time, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task<string> ConnectAsync(Controller controller, Uri server, Identity identity, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var call = controller.Gateway.Connect(Authorization(identity), cancellationToken: ended.Token);
        var greeting = hello();
        greeting.HaveRevision = _resume.Revision;
        greeting.HaveDigest = AgentMapping.DigestToWire(_resume.Digest);
        await call.RequestStream.WriteAsync(new AgentMessage { Hello = greeting }, ended.Token);
        outbox.Repeat();
        var sending = SendAsync(call, ended.Token);
        try
        {
            return await ReceiveAsync(call, server, ended.Token);
        }
        finally
        {
            await ended.CancelAsync();
            await sending;
        }
    }

    private async Task<string> ReceiveAsync(AsyncDuplexStreamingCall<AgentMessage, GatewayMessage> call, Uri server, CancellationToken stop)
    {
        var assembly = new MapAssembly(_resume);
        while (await call.ResponseStream.MoveNext(stop))
        {
            var message = call.ResponseStream.Current;
            switch (message.MessageCase)
            {
                case GatewayMessage.MessageOneofCase.Welcome:
                    report(server, true, null);
                    break;
                case GatewayMessage.MessageOneofCase.Chunk when assembly.Add(message.Chunk):
                    Publish(assembly.Map);
                    break;
                case GatewayMessage.MessageOneofCase.Delta:
                    assembly.Add(message.Delta);
                    Publish(assembly.Map);
                    break;
                case GatewayMessage.MessageOneofCase.GoAway:
                    Refusals.ThrowIfFinal(message.GoAway);
                    return message.GoAway.Reason?.Message ?? "";
                default:
                    // A piece of a map that is not whole yet, or a message of a newer controller.
                    break;
            }
        }

        return "the controller ended the stream.";
    }

    private void Publish(MeshMap map)
    {
        _resume = map;
        maps.Publish(map);
    }

    private async Task SendAsync(AsyncDuplexStreamingCall<AgentMessage, GatewayMessage> call, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var message = await outbox.TakeAsync(stop);
                await call.RequestStream.WriteAsync(message, stop);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException or InvalidOperationException)
        {
            // The receiving side sees the same end, and tells why.
        }
    }

    private static Metadata Authorization(Identity identity)
    {
        var credential = new Bearer(Bearer.CredentialKind, identity.Organization!, identity.NodeId!, identity.CredentialSecret, null);
        return new Metadata { { "authorization", $"Bearer {credential.Reveal()}" } };
    }
}
