using MeshActors.Cluster;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using Node = MeshActors.Domain.Organizations.Node;

namespace MeshActors.ActorTests.Support;

/// <summary>Holds a map as an agent does: applies what the stream says, and insists on the digest.</summary>
internal sealed class TestAgent : IAsyncDisposable
{
    /// <summary>For one message.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<MapChunk> _chunks = [];

    private TestAgent(IFollowing following, MeshMap map)
    {
        Following = following;
        Map = map;
    }

    public IFollowing Following { get; }

    public MeshMap Map { get; private set; }

    public int WholeMaps { get; private set; }

    public int Messages { get; private set; }

    /// <summary>Bytes of all messages.</summary>
    public long Bytes { get; private set; }

    public static async Task<TestAgent> ConnectAsync(
        IMesh mesh, OrganizationId organization, Node node, MeshMap? has = null, bool acceptsPacked = false)
    {
        var request = Some.Follow(organization, node, has?.Revision ?? 0, has?.Digest ?? 0) with { AcceptsPacked = acceptsPacked };
        var reply = await mesh.FollowAsync(request, default);
        return new TestAgent(Assert.IsType<FollowReply.Following>(reply).Stream, has ?? MeshMap.Empty);
    }

    public async Task<MeshMap> UntilAsync(Func<MeshMap, bool> condition)
    {
        while (!condition(Map))
        {
            Assert.Null(Take(await NextAsync()));
        }

        return Map;
    }

    public async Task<GoAway> UntilGoAwayAsync()
    {
        while (true)
        {
            if (Take(await NextAsync()) is { } goAway)
            {
                Assert.False(Following.HasMore || Following.TryRead(out _), "The stream goes on after a GoAway.");
                return goAway;
            }
        }
    }

    public ValueTask DisposeAsync() => Following.DisposeAsync();

    private async Task<GatewayMessage> NextAsync()
    {
        ReadOnlyMemory<byte> message;
        while (!Following.TryRead(out message))
        {
            Assert.False(Following.IsOver, "The stream ended.");
            await Following.WaitAsync().AsTask().WaitAsync(Patience);
        }

        Messages++;
        Bytes += message.Length;
        return GatewayMessage.Parser.ParseFrom(message.Span);
    }

    private GoAway? Take(GatewayMessage message)
    {
        switch (message.MessageCase)
        {
            case GatewayMessage.MessageOneofCase.GoAway:
                return message.GoAway;
            case GatewayMessage.MessageOneofCase.Chunk:
                TakeChunk(message.Chunk);
                return null;
            case GatewayMessage.MessageOneofCase.Packed:
                TakeChunk(MapPacking.Unpack(message.Packed));
                return null;
            case GatewayMessage.MessageOneofCase.Delta:
                Map = Map.Apply(message.Delta.ToDomain()) ?? throw new InvalidOperationException("The delta does not fit the map.");
                return null;
            default:
                throw new InvalidOperationException($"A feed sends no {message.MessageCase}.");
        }
    }

    private void TakeChunk(MapChunk chunk)
    {
        _chunks.Add(chunk);
        if (chunk.Last)
        {
            Map = MeshMap.From(chunk.Revision, _chunks.SelectMany(c => c.Nodes).Select(AgentMapping.ToDomain));
            Assert.Equal(chunk.Digest.ToDigest(), Map.Digest);
            _chunks.Clear();
            WholeMaps++;
        }
    }
}
