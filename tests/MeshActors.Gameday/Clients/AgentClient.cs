using System.Diagnostics;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Contracts.Trust;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Maps;
using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday.Clients;

/// <summary>An agent without a kernel: joins, announces, holds the map with the agent's own code, and never gives up.</summary>
internal sealed class AgentClient(int index, Gateways gateways, Ledger ledger, Dice dice, Func<bool> isQuiet)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);
    private static readonly HashSet<string> Passing = [RefusalCodes.Unavailable, RefusalCodes.Overloaded];

    private readonly Lock _gate = new();
    private Team _team = new("", "");
    private Identity _identity = Identity.New();
    private ValueList<Prefix> _wish = [];
    private string _joinKey = "";
    private Session? _session;

    public string Name => $"machine{index}";

    public string Organization => _team.Name;

    public NodeId? Node { get; private set; }

    public Identity Identity => _identity;

    public MeshMap Map { get; private set; } = MeshMap.Empty;

    public bool IsConnected { get; private set; }

    public int Gateway { get; private set; }

    /// <summary>The code with which it was turned away for good, or null.</summary>
    public string? Out { get; private set; }

    /// <summary>A new machine, in that organization.</summary>
    public void Begin(Team team)
    {
        lock (_gate)
        {
            _team = team;
            Become(Identity.New(), team.JoinKey);
        }
    }

    /// <summary>A new key takes the place of the node that the join key names.</summary>
    public void TakePlace(Team team, string joinKey)
    {
        lock (_gate)
        {
            if (team == _team)
            {
                Become(Identity.New(), joinKey);
            }
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var session = new Session(stop);
            lock (_gate)
            {
                _session = session;
            }

            try
            {
                await (Out is not null ? WaitAsync(session.Token) : Node is null ? JoinAsync(session.Token) : ConnectAsync(session.Token));
            }
            catch (Exception fault) when (fault is RpcException or OperationCanceledException or MapMismatchException or InvalidOperationException)
            {
                if (fault is MapMismatchException)
                {
                    ledger.Fault($"{Name}: {fault.Message}");
                }
            }

            IsConnected = false;
            await Task.Delay(50 + dice.Below(250), CancellationToken.None);
        }
    }

    private void Become(Identity identity, string joinKey)
    {
        _identity = identity;
        _joinKey = joinKey;
        _wish = Wishes.Any(dice);
        Node = null;
        Out = null;
        Map = MeshMap.Empty;
        _session?.Cancel();
    }

    private async Task WaitAsync(CancellationToken session)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(500), session);
        if (!isQuiet())
        {
            Begin(_team);
        }
    }

    private async Task JoinAsync(CancellationToken session)
    {
        var (team, identity, joinKey, wish) = (_team, _identity, _joinKey, _wish);
        var requestId = ledger.NextId("join");
        var clock = Stopwatch.StartNew();
        while (!session.IsCancellationRequested)
        {
            var reply = await TryJoinAsync(Request(identity, joinKey, wish), identity, requestId, session);
            if (reply?.Joined is { } joined)
            {
                ledger.JoinTook(clock.Elapsed);
                var node = joined.NodeId.ToNodeId();
                ledger.Add(new Acknowledged.Joined(team.Name, requestId, node, joined.Revision, identity.Key, identity.Credential, wish));
                lock (_gate)
                {
                    Node = identity == _identity ? node : Node;
                }

                return;
            }

            if (reply?.Refused is { } refused && !Passing.Contains(refused.Code))
            {
                ledger.Refused();
                lock (_gate)
                {
                    _wish = Wishes.Any(dice);
                    if (identity == _identity && !refused.Code.StartsWith("prefix-", StringComparison.Ordinal))
                    {
                        Become(Identity.New(), team.JoinKey);
                    }
                }

                return;
            }

            ledger.Unknown();
            await Task.Delay(100 + dice.Below(400), session);
        }
    }

    private async Task<JoinReply?> TryJoinAsync(JoinRequest request, Identity identity, string requestId, CancellationToken session)
    {
        try
        {
            using var call = gateways.Agents(dice.Below(gateways.Count)).Join(
                Gateways.Headers(requestId), TimeProvider.System.GetUtcNow().Add(CallTimeout).UtcDateTime, session);
            await call.RequestStream.WriteAsync(new JoinStep { Request = request }, session);
            while (await call.ResponseStream.MoveNext(session))
            {
                var step = call.ResponseStream.Current;
                if (step.Reply is { } reply)
                {
                    return reply;
                }

                var proof = PossessionProof.Answer(request, step.Challenge, identity.PrivateKey);
                await call.RequestStream.WriteAsync(new JoinStep { Proof = new JoinProof { Proof = ByteString.CopyFrom(proof) } }, session);
            }

            return null;
        }
        catch (Exception fault) when (!session.IsCancellationRequested && fault is RpcException or InvalidOperationException)
        {
            return null;
        }
    }

    private async Task ConnectAsync(CancellationToken session)
    {
        var (team, identity, node, wish, have) = (_team, _identity, Node!.Value, _wish, Map);
        var gateway = Gateway = dice.Below(gateways.Count);
        var incarnation = gateways.Incarnation(gateway);
        var isKnown = gateways.HasShown(gateway, incarnation, team.Name, have.Revision);
        var requestId = ledger.NextId("connect");
        using var call = gateways.Agents(gateway).Connect(
            Gateways.Headers(requestId, $"mnc.{team.Name}.{node}.{identity.Secret}"), null, session);
        await call.RequestStream.WriteAsync(new AgentMessage { Hello = Hello(wish, have) }, session);
        var assembly = new MapAssembly(have);
        var isFirst = true;
        while (await NextAsync(call.ResponseStream, isFirst, session))
        {
            var message = call.ResponseStream.Current;
            switch (message.MessageCase)
            {
                case GatewayMessage.MessageOneofCase.Welcome:
                    isFirst = false;
                    IsConnected = true;
                    ledger.Resumed();
                    ledger.Add(new Acknowledged.Announced(team.Name, requestId, node, message.Welcome.Revision, wish));
                    _ = ChurnAsync(identity, session);
                    break;
                case GatewayMessage.MessageOneofCase.Chunk when assembly.Add(message.Chunk):
                    Whole(team, have, assembly.Map, isKnown && incarnation == gateways.Incarnation(gateway));
                    Publish(identity, assembly.Map);
                    gateways.Show(gateway, incarnation, team.Name, assembly.Map.Revision);
                    break;
                case GatewayMessage.MessageOneofCase.Delta:
                    assembly.Add(message.Delta);
                    ledger.Delta();
                    Publish(identity, assembly.Map);
                    gateways.Show(gateway, incarnation, team.Name, assembly.Map.Revision);
                    break;
                case GatewayMessage.MessageOneofCase.GoAway:
                    Turned(identity, message.GoAway);
                    return;
                default:
                    break;
            }
        }
    }

    // A gateway that neither answers nor refuses is left for another.
    private static async Task<bool> NextAsync(IAsyncStreamReader<GatewayMessage> messages, bool isFirst, CancellationToken session)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(session);
        if (isFirst)
        {
            late.CancelAfter(CallTimeout);
        }

        return await messages.MoveNext(late.Token);
    }

    private void Whole(Team team, MeshMap have, MeshMap map, bool isKnown)
    {
        if (have.Revision == 0)
        {
            return;
        }

        ledger.WholeMap();
        if (isKnown)
        {
            ledger.Fault($"{Name} of {team.Name} got a whole map of revision {map.Revision}, though its own, {have.Revision}, was known to the gateway.");
        }
    }

    private void Publish(Identity identity, MeshMap map)
    {
        lock (_gate)
        {
            if (identity == _identity)
            {
                Map = map;
            }
        }
    }

    private void Turned(Identity identity, GoAway goAway)
    {
        lock (_gate)
        {
            if (!goAway.Final || identity != _identity)
            {
                return;
            }

            ledger.Refused();
            if (goAway.Reason.Code.StartsWith("prefix-", StringComparison.Ordinal) || goAway.Reason.Code == RefusalCodes.TooManyPrefixes)
            {
                _wish = [];
            }
            else
            {
                Out = goAway.Reason.Code;
            }
        }
    }

    /// <summary>After a while the machine does something else; in the quiet it stays as it is.</summary>
    private async Task ChurnAsync(Identity identity, CancellationToken session)
    {
        while (true)
        {
            await Task.Delay(1_000 + dice.Below(4_000), session).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (session.IsCancellationRequested)
            {
                return;
            }

            if (!isQuiet())
            {
                break;
            }
        }

        lock (_gate)
        {
            if (identity == _identity)
            {
                Change();
            }
        }
    }

    private void Change()
    {
        switch (dice.Below(100))
        {
            case < 45:
                _wish = Wishes.Any(dice);
                break;
            case < 52:
                Map = MeshMap.Empty;
                break;
            case < 58:
                _identity = _identity.WithNewCredential();
                _joinKey = _team.JoinKey;
                Node = null;
                break;
            case < 64:
                Become(Identity.New(), _team.JoinKey);
                break;
            default:
                break;
        }

        _session?.Cancel();
    }

    private JoinRequest Request(Identity identity, string joinKey, ValueList<Prefix> wish) => new()
    {
        Protocol = 1,
        JoinKey = joinKey,
        Name = Name,
        PublicKey = identity.Key.ToWire(),
        CredentialHash = ByteString.CopyFrom(identity.Credential.ToBytes()),
        ListenPort = 51820,
        AgentVersion = "gameday",
        Prefixes = { wish.Select(prefix => prefix.ToString()) },
        Endpoints = { Endpoint() },
    };

    private Hello Hello(ValueList<Prefix> wish, MeshMap have) => new()
    {
        Protocol = 1,
        Name = Name,
        ListenPort = 51820,
        AgentVersion = "gameday",
        Prefixes = { wish.Select(prefix => prefix.ToString()) },
        Endpoints = { Endpoint() },
        HaveRevision = have.Revision,
        HaveDigest = AgentMapping.DigestToWire(have.Digest),
    };

    private Endpoint Endpoint() => new()
    {
        Kind = Contracts.Agent.V1.Endpoint.Types.Kind.Local,
        Address = ByteString.CopyFrom(IPAddress.Parse($"198.51.100.{1 + dice.Below(200)}").GetAddressBytes()),
        Port = 51820,
    };
}
