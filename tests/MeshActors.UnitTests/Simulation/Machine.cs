using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using MeshActors.UnitTests.Domain;

namespace MeshActors.UnitTests.Simulation;

/// <summary>An agent: joins, connects, announces, takes maps, and is killed or started anew with another wish at any time.</summary>
internal sealed class Machine : Client
{
    private static readonly string[] Networks =
        ["172.16.0.0/16", "172.16.1.0/24", "172.16.2.0/24", "172.17.0.0/16", "172.17.9.0/24", "10.0.0.0/8", "10.1.0.0/16", "fd00:1::/48", "fd00:1:0:2::/64"];

    private readonly World _world;
    private JoinKey _joinKey = World.ReusableKey;
    private ValueList<string> _wish = [];
    private ValueList<Endpoint> _endpoints = [];

    public Machine(World world, int index)
        : base(world, World.FirstClient + index)
    {
        _world = world;
        Key = world.NewKey();
        Credential = world.NewCredential();
        Wish();
    }

    public PublicKey Key { get; private set; }

    public SecretHash Credential { get; private set; }

    public NodeId? Node { get; private set; }

    public MeshMap Map { get; private set; } = MeshMap.Empty;

    public AgentStream? Stream { get; private set; }

    /// <summary>The controller said a final no: it stays away until somebody gives it a new place.</summary>
    public bool IsOut { get; private set; }

    public bool IsAtRest => IsOut || (!IsCalling && Stream is { IsAtRest: true } && Map.Revision == _world.Journal.Rows.Count);

    /// <summary>Joins or connects where it has to.</summary>
    public void Act()
    {
        if (IsOut || IsCalling)
        {
            return;
        }

        if (Node is not { } node)
        {
            Call(new OrganizationCommand.Join(default, _joinKey.Id, _joinKey.Hash, Key, Credential, Name, [], _wish, _endpoints), Joined);
        }
        else if (Stream is null && _world.PickReachable() is { } controller)
        {
            Stream = new AgentStream(_world, this, controller, new OrganizationCommand.Announce(node, Name, [], _wish, _endpoints));
            _world.Trace($"client{Place - World.FirstClient} connects to controller{controller} with revision {Map.Revision}");
            _world.Controllers[controller].Accept(Stream);
        }
    }

    /// <summary>Killed, and started with other wishes; sometimes its disk has gone too.</summary>
    public void Restart()
    {
        Disconnect();
        Wish();
        if (_world.Dice.Chance(20))
        {
            Map = MeshMap.Empty;
        }

        if (_world.Dice.Chance(15) && !IsCalling && !IsOut)
        {
            // Lost its credential and kept its key: it joins again.
            Credential = _world.NewCredential();
            Node = null;
            _joinKey = World.ReusableKey;
        }
    }

    /// <summary>A new key takes a node's place: this machine's own (a rotated key), a removed one's, or another machine's.</summary>
    public void TakePlace(JoinKey key)
    {
        Disconnect();
        Abandon();
        Key = _world.NewKey();
        Credential = _world.NewCredential();
        _joinKey = key;
        Node = null;
        IsOut = false;
    }

    public void ReportEndpoints()
    {
        if (Stream is { IsServed: true, IsCut: false } && Node is { } node)
        {
            WishEndpoints();
            _world.Controllers[Stream.Controller].Report(new OrganizationCommand.ReportEndpoints(node, _endpoints));
        }
    }

    public void Disconnect() => Stream = null;

    public void Ended(AgentStream stream, bool isFinal, bool isRefused)
    {
        if (Stream == stream)
        {
            _world.Trace($"client{Place - World.FirstClient} is sent away{(isFinal ? " for good" : "")}");
            Stream = null;
            IsOut = isFinal;
            if (isRefused)
            {
                Wish();
            }
        }
    }

    public void Take(MeshMap map, AgentStream stream)
    {
        _world.Oracle.Took(stream, Map, map);
        Map = map;
    }

    private string Name => $"node{Place - World.FirstClient}";

    private void Joined(Outcome outcome)
    {
        if (outcome is Outcome.Done { Node: { } node })
        {
            Node = node.Id;
        }
        else if (outcome is Outcome.Refused({ Code: RefusalCodes.PrefixOverlap }))
        {
            Wish();
        }
        else
        {
            // The key was another's, was used, or is revoked: a new machine in the same place.
            TakePlace(World.ReusableKey);
        }
    }

    private void Wish()
    {
        _wish = Enumerable.Range(0, _world.Dice.Below(3)).Select(_ => _world.Dice.Pick(Networks)).ToValueList();
        WishEndpoints();
    }

    private void WishEndpoints() => _endpoints = [Given.Local($"198.51.100.{1 + _world.Dice.Below(9)}")];
}
