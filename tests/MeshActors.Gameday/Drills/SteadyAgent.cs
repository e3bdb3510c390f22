using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Gameday.Clients;
using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday.Drills;

/// <summary>Follows its organization's map at any gateway, and counts what it is sent.</summary>
internal sealed class SteadyAgent(Gateways gateways, string organization, NodeId node, Identity identity, Dice dice)
{
    private long _bytes;

    public string Organization => organization;

    public MeshMap Map { get; private set; } = MeshMap.Empty;

    /// <summary>On the wire without HTTP/2 and TLS: the messages themselves.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>After the first.</summary>
    public int WholeMaps { get; private set; }

    public int Deltas { get; private set; }

    public int Connections { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stop);
            }
            catch (Exception fault) when (fault is not FormatException)
            {
                // Comes back, to any.
            }

            await Task.Delay(50 + dice.Below(400), CancellationToken.None);
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        var have = Map;
        using var call = gateways.Agents(dice.Below(gateways.Count)).Connect(
            Gateways.Headers("", $"mnc.{organization}.{node}.{identity.Secret}"), null, stop);
        await call.RequestStream.WriteAsync(new AgentMessage
        {
            Hello = new Hello
            {
                Protocol = 1,
                Name = $"a{node.ToString()[^6..]}",
                ListenPort = 51820,
                AgentVersion = "drill",
                HaveRevision = have.Revision,
                HaveDigest = AgentMapping.DigestToWire(have.Digest),
            },
        }, stop);
        var assembly = new MapAssembly(have);
        while (await call.ResponseStream.MoveNext(stop))
        {
            var message = call.ResponseStream.Current;
            Interlocked.Add(ref _bytes, message.CalculateSize());
            switch (message.MessageCase)
            {
                case GatewayMessage.MessageOneofCase.Welcome:
                    Connections++;
                    break;
                case GatewayMessage.MessageOneofCase.Chunk when assembly.Add(message.Chunk):
                    WholeMaps += have.Revision > 0 ? 1 : 0;
                    Map = have = assembly.Map;
                    break;
                case GatewayMessage.MessageOneofCase.Delta:
                    assembly.Add(message.Delta);
                    Deltas++;
                    Map = have = assembly.Map;
                    break;
                case GatewayMessage.MessageOneofCase.GoAway when message.GoAway.Final:
                    throw new FormatException($"{node} of {organization} was turned away: {message.GoAway.Reason.Message}");
                case GatewayMessage.MessageOneofCase.GoAway:
                    return;
                default:
                    break;
            }
        }
    }
}
