using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.UnitTests.Simulation;

/// <summary>One connection of an agent: in order and without loss until it breaks, and then what was on the way is lost.</summary>
internal sealed class AgentStream(World world, Machine machine, int controller, OrganizationCommand.Announce announce)
{
    private const int ChunkNodesMax = 2;

    private readonly Queue<object> _onTheWay = [];
    private readonly MapAssembly _assembly = new(machine.Map);

    public int Controller { get; } = controller;

    public OrganizationCommand.Announce Announce { get; } = announce;

    public NodeId Node => Announce.Node;

    public SecretHash Credential { get; } = machine.Credential;

    public MeshMap Have { get; } = machine.Map;

    /// <summary>The revision of the map that was handed out; -1 before the first.</summary>
    public long Position { get; set; } = -1;

    public long Since { get; } = world.Now;

    /// <summary>The gateway lagged for longer than an agent waits: it may lead back.</summary>
    public bool HasWaited { get; set; }

    public bool IsServed { get; set; }

    /// <summary>The answer of the feed's entity before which nobody is turned away; 0 before the first look.</summary>
    public long WaitsFor { get; set; }

    public bool IsCut { get; private set; }

    public int WholeMaps { get; private set; }

    public bool IsAtRest => _onTheWay.Count == 0 && IsServed && !IsCut && Position == world.Controllers[Controller].Feed.Revision;

    /// <summary>The gateway ends it, with a GoAway.</summary>
    public void Turn(bool isFinal, bool isRefused = false)
    {
        IsCut = true;
        _onTheWay.Enqueue(new End(isFinal, isRefused));
    }

    /// <summary>One message further: the gateway makes what is next, or the agent takes what is on the way.</summary>
    public void Step()
    {
        if (_onTheWay.TryDequeue(out var message))
        {
            Take(message);
        }
        else if (IsServed && !IsCut)
        {
            Fill(world.Controllers[Controller].Feed);
        }
    }

    private void Fill(Feed feed)
    {
        if (!feed.IsKnown || Position == feed.Revision)
        {
            return;
        }

        var (isKnown, delta) = Position >= 0 ? feed.From(Position) : (false, null);
        Position = feed.Revision;
        if (delta is not null)
        {
            _onTheWay.Enqueue(delta.ToWire());
        }
        else if (!isKnown)
        {
            WholeMaps++;
            world.Oracle.SentWhole(this);
            foreach (var chunk in feed.Map.ToChunks(ChunkNodesMax))
            {
                _onTheWay.Enqueue(chunk);
            }
        }
    }

    private void Take(object message)
    {
        switch (message)
        {
            case End end:
                machine.Ended(this, end.IsFinal, end.IsRefused);
                break;
            case MapChunk chunk when _assembly.Add(chunk):
                machine.Take(_assembly.Map, this);
                break;
            case Delta delta:
                _assembly.Add(delta);
                machine.Take(_assembly.Map, this);
                break;
        }
    }

    private sealed record End(bool IsFinal, bool IsRefused);
}
