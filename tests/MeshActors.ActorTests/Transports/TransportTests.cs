using System.Net;
using Google.Protobuf;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Trust;
using Endpoint = MeshActors.Contracts.Agent.V1.Endpoint;

namespace MeshActors.ActorTests.Transports;

public sealed class GrpcTransportTests(RunningEdge edge) : TransportTests(edge)
{
    protected override IAgentTransport Open() => Edge.OpenGrpc();
}

public sealed class EdgeTransportTests(RunningEdge edge) : TransportTests(edge)
{
    protected override IAgentTransport Open() => Edge.OpenEdge();
}

/// <summary>What an agent may count on, whichever way it came.</summary>
public abstract class TransportTests(RunningEdge edge) : IClassFixture<RunningEdge>, IAsyncLifetime
{
    private IAgentTransport _transport = null!;
    private Place _place = null!;

    protected RunningEdge Edge { get; } = edge;

    protected abstract IAgentTransport Open();

    public async Task InitializeAsync()
    {
        _transport = Open();
        _place = await Place.MakeAsync(Edge.Controller);
    }

    public async Task DisposeAsync() => await _transport.DisposeAsync();

    [Fact]
    public async Task A_repeated_join_gives_the_same_node()
    {
        var machine = new Machine("node1");
        var first = await machine.JoinAsync(_transport, machine.Request(_place.JoinKey, "172.24.0.0/24"));
        var again = await machine.JoinAsync(_transport, machine.Request(_place.JoinKey, "172.24.0.0/24"));

        Assert.Equal(_place.Name, first.Joined.Organization);
        Assert.Equal(first.Joined, again.Joined);
    }

    [Fact]
    public async Task A_proof_that_was_good_in_one_call_opens_nothing_in_another()
    {
        var machine = new Machine("node1");
        byte[] seen = [];
        var first = await machine.JoinAsync(_transport, machine.Request(_place.JoinKey), (request, challenge) => seen = machine.Answer(request, challenge));
        var replayed = await machine.JoinAsync(_transport, machine.Request(_place.JoinKey), (_, _) => seen);

        Assert.NotNull(first.Joined);
        Assert.Equal("join-proof-invalid", replayed.Refused.Code);
    }

    [Fact]
    public async Task A_wrong_key_an_unknown_one_and_one_of_an_unknown_organization_get_the_same_answer()
    {
        Assert.True(Bearer.TryParse(_place.JoinKey, Bearer.JoinKeyKind, out var key));
        var secret = await RefusedAsync((key with { Secret = new string('A', 43) }).Reveal());
        var unknown = await RefusedAsync((key with { Id = "0000000000000000" }).Reveal());
        var elsewhere = await RefusedAsync((key with { Scope = "elsewhere" }).Reveal());

        Assert.Equal("join-key-invalid", secret.Code);
        Assert.Equal(secret, unknown);
        Assert.Equal(secret, elsewhere);
    }

    [Fact]
    public async Task A_wrong_organization_is_refused_and_said_once_however_often_it_is_tried()
    {
        var machine = new Machine($"stray-{GetType().Name}");
        var request = machine.Request(_place.JoinKey);
        request.Organization = "other";
        for (var attempt = 0; attempt < 50; attempt++)
        {
            Assert.Equal("organization-mismatch", (await machine.JoinAsync(_transport, request)).Refused.Code);
        }

        Assert.Single(Edge.Logs.All, line => line.Contains($"'stray-{GetType().Name}'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_prefix_in_anothers_is_refused_with_the_holders_name()
    {
        await _place.JoinAsync(_transport, "node1", "172.24.0.0/24");
        var machine = new Machine("node2");
        var refused = (await machine.JoinAsync(_transport, machine.Request(_place.JoinKey, "172.24.0.128/25"))).Refused;

        Assert.Equal("prefix-overlap", refused.Code);
        Assert.Contains("node1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_map_comes_whole_and_then_as_what_changes()
    {
        var node1 = await _place.JoinAsync(_transport, "node1", "172.24.0.0/24");
        await using var stream = await _place.ConnectAsync(_transport, node1, "172.24.0.0/24");
        await stream.UntilAsync(map => map.Nodes.Count == 1);
        Assert.True(stream.IsWelcome);
        Assert.Equal(1, stream.WholeMaps);

        await _place.JoinAsync(_transport, "node2", "172.28.0.0/24");
        var map = await stream.UntilAsync(map => map.Nodes.Count == 2);
        Assert.Equal(1, stream.WholeMaps);
        Assert.Contains(map.Nodes.Values, node => node.Name == "node2" && node.Prefixes is [var prefix] && prefix.ToString() == "172.28.0.0/24");
    }

    [Fact]
    public async Task A_map_too_long_for_one_frame_comes_whole()
    {
        var node1 = await _place.JoinAsync(_transport, "node1");
        await FillAsync(120);
        await using var stream = await _place.ConnectAsync(_transport, node1);
        var map = await stream.UntilAsync(map => map.Nodes.Count == 121);

        Assert.Equal(1, stream.WholeMaps);
        Assert.Equal(120 * 60, map.Nodes.Values.Sum(node => node.Prefixes.Count));
    }

    [Fact]
    public async Task Coming_back_with_a_known_revision_brings_what_was_missed_and_no_whole_map()
    {
        var node1 = await _place.JoinAsync(_transport, "node1");
        MeshMap had;
        await using (var stream = await _place.ConnectAsync(_transport, node1))
        {
            had = await stream.UntilAsync(map => map.Nodes.Count == 1);
        }

        await _place.JoinAsync(_transport, "node2");
        await using var again = await _place.ConnectAsync(_transport, node1, had);
        await again.UntilAsync(map => map.Nodes.Count == 2);
        Assert.Equal(0, again.WholeMaps);
        Assert.True(again.Deltas > 0);
    }

    [Fact]
    public async Task A_wrong_digest_is_answered_with_a_whole_map()
    {
        var node1 = await _place.JoinAsync(_transport, "node1");
        MeshMap had;
        await using (var stream = await _place.ConnectAsync(_transport, node1))
        {
            had = await stream.UntilAsync(map => map.Nodes.Count == 1);
        }

        await using var again = await _place.ConnectAsync(_transport, node1, had with { Digest = had.Digest + 1 });
        await again.UntilAsync(map => map.Nodes.Count == 1);
        Assert.Equal(1, again.WholeMaps);
    }

    [Fact]
    public async Task The_newest_stream_of_a_node_wins()
    {
        var node1 = await _place.JoinAsync(_transport, "node1");
        await using var older = await _place.ConnectAsync(_transport, node1);
        await older.UntilAsync(map => map.Nodes.Count == 1);
        await using var newer = await _place.ConnectAsync(_transport, node1);
        var away = await older.UntilGoAwayAsync();

        Assert.Equal("session-replaced", away.Reason.Code);
        Assert.False(away.Final);
        Assert.Null(await older.NextAsync());
        await newer.UntilAsync(map => map.Nodes.Count == 1);
    }

    [Fact]
    public async Task A_removed_node_is_sent_away_for_good_and_may_not_come_back()
    {
        var node1 = await _place.JoinAsync(_transport, "node1");
        await using var stream = await _place.ConnectAsync(_transport, node1);
        await stream.UntilAsync(map => map.Nodes.Count == 1);
        await _place.RemoveAsync("node1");
        var away = await stream.UntilGoAwayAsync();
        await using var again = await _place.ConnectAsync(_transport, node1);
        var refused = await again.UntilGoAwayAsync();

        Assert.True(away.Final);
        Assert.Null(await stream.NextAsync());
        Assert.Equal(("node-removed", true), (refused.Reason.Code, refused.Final));
    }

    [Fact]
    public async Task A_refused_prefix_and_a_foreign_credential_send_the_agent_away()
    {
        await _place.JoinAsync(_transport, "node1", "172.24.0.0/24");
        var node2 = await _place.JoinAsync(_transport, "node2");
        await using var greedy = await _place.ConnectAsync(_transport, node2, "172.24.0.0/25");
        Assert.Equal("prefix-overlap", (await greedy.UntilGoAwayAsync()).Reason.Code);

        var other = await Place.MakeAsync(Edge.Controller);
        await using var foreign = await other.ConnectAsync(_transport, node2);
        Assert.Equal("credential-invalid", (await foreign.UntilGoAwayAsync()).Reason.Code);
    }

    [Fact]
    public async Task Without_a_credential_and_with_a_wrong_first_message_the_call_is_refused()
    {
        await using var anonymous = await Listening.OpenAsync(_transport, null, new Hello(), MeshMap.Empty);
        var fault = await Assert.ThrowsAsync<ControllerRefusedException>(anonymous.NextAsync);
        Assert.Equal("credential-invalid", fault.Code);

        await using var exchange = await _transport.JoinAsync(CancellationToken.None);
        await exchange.SendAsync(new JoinStep { Proof = new JoinProof() }, CancellationToken.None);
        var malformed = await Assert.ThrowsAsync<ControllerRefusedException>(() => exchange.ReceiveAsync(CancellationToken.None));
        Assert.Equal("request-malformed", malformed.Code);
    }

    [Fact]
    public async Task What_an_agent_says_of_itself_is_seen_by_operators_and_peers()
    {
        var node1 = await _place.JoinAsync(_transport, "node1");
        await using var stream = await _place.ConnectAsync(_transport, node1);
        var map = await stream.UntilAsync(map => map.Nodes.Count == 1);
        await stream.SendAsync(new AgentMessage { Applied = new Applied { Revision = map.Revision } });
        await stream.SendAsync(new AgentMessage { Warnings = new WarningsReport { Warnings = { "the LAN wins" } } });
        await stream.SendAsync(new AgentMessage { Endpoints = Endpoints("198.51.100.1") });

        await stream.UntilAsync(map => map.Nodes[node1.Id].Endpoints.Any(endpoint => endpoint.Address.ToString() == "198.51.100.1"));
        var seen = await Until.TrueAsync(
            () => Edge.Controller.Admin.GetNodeAsync(new GetNodeRequest { Organization = _place.Name, Node = "node1" }, Edge.Controller.AsAdmin()).ResponseAsync,
            node => node.Warnings.Contains("the LAN wins") && node.AppliedRevision >= map.Revision);
        Assert.True(seen.Connected);
    }

    [Fact]
    public async Task An_agent_that_does_not_read_is_not_sent_everything_that_happened()
    {
        var node1 = await _place.JoinAsync(_transport, "node1");
        await using var slow = await _place.ConnectAsync(_transport, node1);
        await slow.UntilAsync(map => map.Nodes.Count == 1);
        var before = slow.Messages;
        await FillAsync(600);
        var map = await slow.UntilAsync(map => map.Nodes.Count == 601);

        Assert.Equal(601, map.Nodes.Count);
        // Each change has more than a kilobyte: the windows on the way hold less than all of them.
        Assert.InRange(slow.Messages - before, 1, 500);
    }

    [Fact]
    public async Task Agents_of_a_controller_that_stops_are_told_and_come_back_to_the_next_with_what_they_have()
    {
        var node1 = await _place.JoinAsync(_transport, "node1");
        MeshMap had;
        GoAway away;
        for (var attempt = 1; ; attempt++)
        {
            var stream = await ReconnectAsync(node1, MeshMap.Empty);
            had = await stream.UntilAsync(map => map.Nodes.Count == 1);
            var restarting = Edge.RestartAsync();
            try
            {
                away = await stream.UntilGoAwayAsync();
                break;
            }
            catch (ControllerUnreachableException) when (attempt < 4)
            {
                // The connection says of itself that it ends, and now and then that comes first: agents come back either way.
            }
            finally
            {
                await stream.DisposeAsync();
                await restarting;
            }
        }

        // Whichever notices first that the process stops: the gateway or the feed.
        Assert.Contains(away.Reason.Code, new[] { "draining", "going-away" });
        Assert.False(away.Final);
        await using var again = await ReconnectAsync(node1, had);
        await _place.JoinAsync(_transport, "node2");
        await again.UntilAsync(map => map.Nodes.Count == 2);
        Assert.Equal(0, again.WholeMaps);
    }

    private async Task<Listening> ReconnectAsync(Machine machine, MeshMap had)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await _place.ConnectAsync(_transport, machine, had);
            }
            catch (ControllerUnreachableException) when (attempt < 30)
            {
                await Task.Delay(200);
            }
        }
    }

    private async Task<Refused> RefusedAsync(string joinKey)
    {
        var machine = new Machine("stranger");
        return (await machine.JoinAsync(_transport, machine.Request(joinKey))).Refused;
    }

    /// <summary>Nodes with 60 child prefixes each: more than a kilobyte.</summary>
    private async Task FillAsync(int count)
    {
        await using var others = Edge.OpenGrpc();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (node, _) =>
            await _place.JoinAsync(others, $"n{node}", [.. Enumerable.Range(0, 60).Select(prefix => $"fd00:{node:x}:{prefix:x}::/48")]));
    }

    private static EndpointsReport Endpoints(string address) => new()
    {
        ListenPort = 51820,
        Endpoints = { new Endpoint { Kind = Endpoint.Types.Kind.Local, Address = ByteString.CopyFrom(IPAddress.Parse(address).GetAddressBytes()), Port = 51820 } },
    };
}
