using System.Net;
using Grpc.Core;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.ActorTests.Gateway;

public sealed class ConnectTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private RunningController _controller = null!;

    public async Task InitializeAsync() => _controller = await RunningController.StartAsync(_directory.Path);

    public async Task DisposeAsync() => await _controller.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_node_is_welcomed_gets_the_map_and_then_what_changes()
    {
        var node1 = await JoinedAsync("node1", "172.24.0.0/24");
        using var stream = await node1.ConnectAsync(_controller, node1.Hello("172.24.0.0/24"));
        var welcome = (await stream.NextAsync()).Welcome;
        var map = (await stream.NextAsync(message => message.Chunk is not null)).Chunk;

        Assert.Equal("default", welcome.Organization);
        Assert.Equal("172.24.0.0/24", Text(Assert.Single(Assert.Single(map.Nodes).Prefixes)));
        Assert.True(map.Last);

        await JoinedAsync("node2", "172.28.0.0/24");
        var delta = (await stream.NextAsync(message => message.Delta?.Upserts.Any(node => node.Name == "node2") == true)).Delta;
        Assert.Contains(delta.Upserts.SelectMany(node => node.Prefixes), prefix => Text(prefix) == "172.28.0.0/24");
    }

    [Fact]
    public async Task A_prefix_that_is_announced_no_more_leaves_the_map()
    {
        var node1 = await JoinedAsync("node1", "172.24.0.0/24");
        using var stream = await node1.ConnectAsync(_controller, node1.Hello());
        var map = (await stream.NextAsync(message => message.Chunk is { Nodes: [{ Prefixes: [] }] } || message.Delta is { Upserts: [{ Prefixes: [] }] }));
        var holdings = await _controller.Admin.ListPrefixesAsync(new ListPrefixesRequest { Organization = "default" }, _controller.AsAdmin());

        Assert.NotNull(map);
        Assert.Contains(holdings.Prefixes, held => held is { Prefix: "172.24.0.0/24", Kind: "child", Announced: false, NodeName: "node1" });
    }

    [Fact]
    public async Task What_an_agent_applied_and_warns_of_is_seen_by_operators()
    {
        var node1 = await JoinedAsync("node1");
        using var stream = await node1.ConnectAsync(_controller, node1.Hello());
        var map = (await stream.NextAsync(message => message.Chunk is not null)).Chunk;
        await stream.SendAsync(new AgentMessage { Applied = new Applied { Revision = map.Revision, Digest = map.Digest } });
        await stream.SendAsync(new AgentMessage { Warnings = new WarningsReport { Warnings = { "the LAN wins" } } });

        var node = await EventuallyAsync(node => node.AppliedRevision == map.Revision && node.Warnings.Contains("the LAN wins"));
        Assert.True(node.Connected);
        Assert.Equal(0, node.Lag);
        Assert.Equal("test", node.AgentVersion);
    }

    [Fact]
    public async Task Reported_endpoints_reach_the_map()
    {
        var node1 = await JoinedAsync("node1");
        using var stream = await node1.ConnectAsync(_controller, node1.Hello());
        await stream.NextAsync(message => message.Chunk is not null);
        await stream.SendAsync(new AgentMessage { Endpoints = Endpoints("198.51.100.1") });
        var delta = (await stream.NextAsync(message => message.Delta is not null)).Delta;

        Assert.Equal("198.51.100.1", new IPAddress(Assert.Single(Assert.Single(delta.Upserts).Endpoints).Address.Span).ToString());
    }

    [Fact]
    public async Task A_removed_node_is_sent_away_for_good_and_may_not_come_back()
    {
        var node1 = await JoinedAsync("node1");
        using var stream = await node1.ConnectAsync(_controller, node1.Hello());
        await stream.NextAsync(message => message.Chunk is not null);
        await _controller.Admin.RemoveNodeAsync(new RemoveNodeRequest { Organization = "default", Node = "node1" }, _controller.AsAdmin());
        var away = (await stream.NextAsync(message => message.GoAway is not null)).GoAway;
        using var again = await node1.ConnectAsync(_controller, node1.Hello());
        var refused = (await again.NextAsync()).GoAway;

        Assert.True(away.Final);
        Assert.True(await stream.EndsAsync());
        Assert.True(refused.Final);
        Assert.Equal("node-removed", (await node1.JoinAsync(_controller)).Refused.Code);
    }

    [Fact]
    public async Task A_credential_of_another_organization_or_another_node_opens_nothing()
    {
        await _controller.Admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = "other" }, _controller.AsAdmin());
        var node1 = await JoinedAsync("node1");
        var node2 = await JoinedAsync("node2");
        using var elsewhere = await node1.ConnectAsync(_controller, node1.Hello(), node1.Credential("other"));
        using var nowhere = await node1.ConnectAsync(_controller, node1.Hello(), node1.Credential("nowhere"));
        using var stolen = await node1.ConnectAsync(
            _controller, node1.Hello(), node1.Credential().Replace(node1.Id.ToString(), node2.Id.ToString(), StringComparison.Ordinal));

        Assert.Equal("credential-invalid", (await elsewhere.NextAsync()).GoAway.Reason.Code);
        Assert.Equal("credential-invalid", (await nowhere.NextAsync()).GoAway.Reason.Code);
        Assert.Equal("credential-invalid", (await stolen.NextAsync()).GoAway.Reason.Code);
    }

    [Fact]
    public async Task A_controller_that_waits_for_imports_turns_nobody_away_for_good_and_a_stranger_learns_no_names()
    {
        var node1 = await JoinedAsync("node1");
        using var directory = new TempDirectory();
        await using var empty = await RunningController.StartAsync(directory.Path, 0, options => options with { WithoutDefaultOrganization = true });
        var before = await TurnedAwayAsync(empty, node1, node1.Credential("acme"));
        Assert.Equal(("unavailable", false), (before.Reason.Code, before.Final));

        // One organization of several.
        await ImportCall.RunAsync(empty.Admin, empty.AsAdmin(), [.. Benchmarks.JournalGenerator.Rows(15, 5, 30)]);
        Assert.Equal(before, await TurnedAwayAsync(empty, node1, node1.Credential("acme")));
        Assert.Equal(before, await TurnedAwayAsync(empty, node1, node1.Credential("nowhere")));
        var other = new Machine("other");
        var join = (await other.JoinAsync(empty, other.Request(JoinKeyOf("acme")))).Refused;
        Assert.Equal("unavailable", join.Code);
        Assert.Equal(join, (await other.JoinAsync(empty, other.Request(JoinKeyOf("nowhere")))).Refused);
    }

    private static async Task<GoAway> TurnedAwayAsync(RunningController controller, Machine machine, string credential)
    {
        using var stream = await machine.ConnectAsync(controller, machine.Hello(), credential);
        return (await stream.NextAsync()).GoAway;
    }

    private string JoinKeyOf(string organization) => _controller.JoinKey.Reveal().Replace(".default.", $".{organization}.", StringComparison.Ordinal);

    [Fact]
    public async Task Without_a_credential_the_call_is_unauthenticated()
    {
        using var call = _controller.Agents.Connect();
        var fault = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal((StatusCode.Unauthenticated, "credential-invalid"), (fault.StatusCode, fault.Trailers.GetValue("mesh-code")));
    }

    [Fact]
    public async Task A_refused_prefix_sends_the_agent_away_until_its_operator_changes_it()
    {
        await JoinedAsync("node1", "172.24.0.0/24");
        var node2 = await JoinedAsync("node2");
        using var stream = await node2.ConnectAsync(_controller, node2.Hello("172.24.0.0/25"));
        var away = (await stream.NextAsync()).GoAway;

        Assert.Equal("prefix-overlap", away.Reason.Code);
        Assert.True(away.Final);
    }

    [Fact]
    public async Task Agents_of_a_controller_that_stops_are_told_to_come_back_and_it_stops_in_seconds()
    {
        var node1 = await JoinedAsync("node1");
        GoAway away;
        for (var attempt = 1; ; attempt++)
        {
            using var stream = await node1.ConnectAsync(_controller, node1.Hello());
            await stream.NextAsync(message => message.Chunk is not null);
            var stopping = _controller.StopAsync();
            try
            {
                away = (await stream.NextAsync(message => message.GoAway is not null)).GoAway;
                break;
            }
            catch (RpcException) when (attempt < 4)
            {
                // The connection says of itself that it ends, and now and then that comes first: agents come back either way.
            }
            finally
            {
                await stopping.WaitAsync(TimeSpan.FromSeconds(15));
            }

            await _controller.DisposeAsync();
            _controller = await RunningController.StartAsync(_directory.Path);
        }

        // Whichever notices first that the process stops: the gateway or the feed.
        Assert.Contains(away.Reason.Code, new[] { "draining", "going-away" });
        Assert.False(away.Final);
    }

    private async Task<Machine> JoinedAsync(string name, params string[] prefixes)
    {
        var machine = new Machine(name);
        Assert.NotNull((await machine.JoinAsync(_controller, prefixes)).Joined);
        return machine;
    }

    private async Task<Node> EventuallyAsync(Func<Node, bool> holds)
    {
        for (var attempt = 0; ; attempt++)
        {
            var node = await _controller.Admin.GetNodeAsync(new GetNodeRequest { Organization = "default", Node = "node1" }, _controller.AsAdmin());
            if (holds(node) || attempt == 100)
            {
                Assert.True(holds(node), node.ToString());
                return node;
            }

            await Task.Delay(100);
        }
    }

    private static EndpointsReport Endpoints(string address) => new()
    {
        ListenPort = 51820,
        Endpoints = { new Endpoint { Kind = Endpoint.Types.Kind.Local, Address = Google.Protobuf.ByteString.CopyFrom(IPAddress.Parse(address).GetAddressBytes()), Port = 51820 } },
    };

    private static string Text(Cidr cidr) => $"{new IPAddress(cidr.Address.Span)}/{cidr.Length}";
}
