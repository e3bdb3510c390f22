using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Cluster.Feeds;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.ActorTests;

/// <summary>What agents' streams get, through the seam that the gateway uses.</summary>
public sealed class FeedTests(MeshFixture fixture) : IClassFixture<MeshFixture>
{
    private readonly IMesh _mesh = fixture.Mesh;

    [Fact]
    public async Task A_new_agent_gets_the_whole_map_and_then_every_change()
    {
        var org = await fixture.FoundAsync();
        var first = await _mesh.JoinedAsync(org, "a");
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, first);
        await agent.UntilAsync(map => map.Nodes.Count == 1);

        var second = await _mesh.JoinedAsync(org, "b", "10.1.0.0/24");
        var map = await agent.UntilAsync(map => map.Nodes.Count == 2);
        Assert.Equal(MapNode.Of(second), map.Nodes[second.Id]);
        Assert.Equal(1, agent.WholeMaps);
    }

    [Fact]
    public async Task An_agent_that_comes_back_gets_what_it_missed_and_no_whole_map()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        MeshMap had;
        await using (var agent = await TestAgent.ConnectAsync(_mesh, org, node))
        {
            had = await agent.UntilAsync(map => map.Nodes.Count == 1);
        }

        await _mesh.JoinedAsync(org, "b");
        await _mesh.JoinedAsync(org, "c");
        await using var again = await TestAgent.ConnectAsync(_mesh, org, node, had);
        await again.UntilAsync(map => map.Nodes.Count == 3);
        Assert.Equal(0, again.WholeMaps);
    }

    [Fact]
    public async Task An_agent_whose_map_is_another_gets_the_whole_map()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        var wrong = MeshMap.Empty with { Revision = 3, Digest = 42 };
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, node, wrong);
        await agent.UntilAsync(map => map.Nodes.Count == 1);
        Assert.Equal(1, agent.WholeMaps);
    }

    [Fact]
    public async Task A_slow_agent_gets_all_it_missed_in_one_message_and_converges()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, node);
        await agent.UntilAsync(map => map.Nodes.Count == 1);
        for (var i = 0; i < 300; i++)
        {
            await _mesh.JoinedAsync(org, $"n{i}");
        }

        var view = await _mesh.GetAsync(org, default);
        await Until.TrueAsync(() => Task.FromResult(agent.Following.Revision), revision => revision == view!.Revision);
        var before = agent.Messages;
        using var conflations = new Counted("mesh.feed.conflations");
        var map = await agent.UntilAsync(map => map.Nodes.Count == 301);
        Assert.Equal(1, agent.Messages - before);
        Assert.True(conflations.Grown >= 1);
        Assert.Equal(MeshMap.Of(view!.State, view.Revision).Digest, map.Digest);
    }

    [Fact]
    public async Task A_slow_agent_is_current_when_it_reads_again_without_another_change()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, node);
        await using var witness = await TestAgent.ConnectAsync(_mesh, org, await _mesh.JoinedAsync(org, "b"));
        await agent.UntilAsync(map => map.Nodes.Count == 2);
        for (var i = 0; i < 20; i++)
        {
            await _mesh.JoinedAsync(org, $"n{i}");
        }

        var newest = await witness.UntilAsync(map => map.Nodes.Count == 22);
        Assert.True(agent.Following.HasMore);
        Assert.Equal(newest.Digest, (await agent.UntilAsync(map => map.Revision == newest.Revision)).Digest);
    }

    [Fact]
    public async Task An_agent_that_waits_while_the_map_changes_from_many_sides_misses_no_wake_up()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, node);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async side =>
        {
            for (var i = 0; i < 25; i++)
            {
                await _mesh.JoinedAsync(org, $"n{side}-{i}");
            }
        }).Append(agent.UntilAsync(map => map.Nodes.Count == 201)));
    }

    [Fact]
    public async Task An_agent_that_accepts_it_gets_the_whole_map_packed_and_the_same()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        for (var i = 0; i < 100; i++)
        {
            await _mesh.JoinedAsync(org, $"n{i}");
        }

        await using var plain = await TestAgent.ConnectAsync(_mesh, org, node);
        var map = await plain.UntilAsync(map => map.Nodes.Count == 101);
        await using var packed = await TestAgent.ConnectAsync(_mesh, org, node, acceptsPacked: true);
        Assert.Equal(map.Digest, (await packed.UntilAsync(map => map.Nodes.Count == 101)).Digest);
        Assert.InRange(packed.Bytes, 1, plain.Bytes * 2 / 3);
    }

    [Fact]
    public async Task What_is_announced_anew_is_told_from_what_is_known()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a", "10.1.0.0/24");
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, node);
        var same = new OrganizationCommand.Announce(node.Id, "a", [], ["10.1.0.0/24"], node.Endpoints);
        Assert.True(agent.Following.IsKnown(same));
        Assert.False(agent.Following.IsKnown(same with { Name = "other" }));
        Assert.False(agent.Following.IsKnown(same with { Prefixes = [] }));
        Assert.False(agent.Following.IsKnown(same with { Prefixes = ["10.1.0.0/24", "0.0.0.0/0"] }));
        Assert.False(agent.Following.IsKnown(same with { Endpoints = [] }));
        Assert.False(agent.Following.IsKnown(same with { RequestedAddresses = ["100.64.9.9"] }));
    }

    [Fact]
    public async Task An_announcement_that_was_taken_for_known_by_an_old_view_is_asked_for_again()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a", "10.1.0.0/24");
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, node);
        Assert.True(agent.Following.IsKnown(new OrganizationCommand.Announce(node.Id, "a", [], ["10.1.0.0/24"], node.Endpoints)));

        // As another process's stream of the same node had it stored a moment before.
        await _mesh.DoneAsync(new OrganizationCommand.Announce(node.Id, "a", [], [], node.Endpoints), org);
        var goAway = await agent.UntilGoAwayAsync();
        Assert.Equal((GoAwayCodes.AnnounceAgain, false), (goAway.Reason.Code, goAway.Final));
    }

    [Fact]
    public async Task An_announcement_that_was_taken_for_known_stays_so_when_the_node_reports_other_endpoints()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, node);
        Assert.True(agent.Following.IsKnown(new OrganizationCommand.Announce(node.Id, "a", [], [], node.Endpoints)));
        agent.Following.ReportsEndpoints();
        await _mesh.DoneAsync(new OrganizationCommand.ReportEndpoints(node.Id, []), org);

        // An operator's question makes the feed ask its organization.
        Assert.NotNull(await _mesh.GetAsync(org, default));
        await agent.UntilAsync(map => map.Nodes.TryGetValue(node.Id, out var now) && now.Endpoints.Count == 0);
        Assert.True((await _mesh.GetAsync(org, default))!.Presence[node.Id].IsConnected);
    }

    [Fact]
    public async Task A_removed_node_is_cut_at_once_and_for_good()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, node);
        await agent.UntilAsync(map => map.Nodes.Count == 1);

        await _mesh.DoneAsync(new OrganizationCommand.RemoveNode(node.Id), org);
        var goAway = await agent.UntilGoAwayAsync();
        Assert.Equal((RefusalCodes.NodeRemoved, true), (goAway.Reason.Code, goAway.Final));
        Assert.Equal(RefusalCodes.NodeRemoved, (await RefusedAsync(org, node)).Code);
    }

    [Fact]
    public async Task A_new_credential_ends_the_stream_of_the_old_one_and_is_good_at_once()
    {
        var org = await fixture.FoundAsync();
        var join = Some.Join("a");
        var node = (await _mesh.DoneAsync(join, org)).Node!;
        await using var agent = await TestAgent.ConnectAsync(_mesh, org, node);
        await agent.UntilAsync(map => map.Nodes.Count == 1);

        await _mesh.DoneAsync(join with { Credential = SecretHash.Of("new") }, org);
        Assert.True((await agent.UntilGoAwayAsync()).Final);
        Assert.Equal(RefusalCodes.CredentialInvalid, (await RefusedAsync(org, node)).Code);
        var reply = await _mesh.FollowAsync(Some.Follow(org, node) with { Credential = SecretHash.Of("new") }, default);
        await using var following = Assert.IsType<FollowReply.Following>(reply).Stream;
    }

    [Fact]
    public async Task The_newest_session_of_a_node_wins_and_only_the_older_one_ends()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        await using var older = await TestAgent.ConnectAsync(_mesh, org, node);
        await using var newer = await TestAgent.ConnectAsync(_mesh, org, node);
        Assert.False((await older.UntilGoAwayAsync()).Final);
        await older.DisposeAsync();

        await _mesh.JoinedAsync(org, "b");
        await newer.UntilAsync(map => map.Nodes.Count == 2);
        Assert.True((await _mesh.GetAsync(org, default))!.Presence[node.Id].IsConnected);
    }

    [Fact]
    public async Task What_an_agent_says_is_seen_in_its_presence_and_kept_by_its_entity()
    {
        var org = await fixture.FoundAsync();
        var node = await _mesh.JoinedAsync(org, "a");
        await using (var agent = await TestAgent.ConnectAsync(_mesh, org, node))
        {
            var map = await agent.UntilAsync(map => map.Nodes.Count == 1);
            agent.Following.Applied(map.Revision);
            agent.Following.Warn(["a route is in the way"]);
            var presence = (await _mesh.GetAsync(org, default))!.Presence[node.Id];
            Assert.Equal((true, map.Revision, 1), (presence.IsConnected, presence.AppliedRevision, presence.Warnings.Count));
        }

        Assert.False((await _mesh.GetAsync(org, default))!.Presence[node.Id].IsConnected);
        var activity = await Until.TrueAsync(() => _mesh.GetNodeAsync(org, node.Id, default), state => state.Sessions is [{ ClosedAt: not null }]);
        Assert.Equal(["a route is in the way"], activity.Warnings);
        Assert.Equal([node.Key], activity.Keys);
    }

    [Fact]
    public async Task Nobody_follows_an_organization_that_is_not_there()
    {
        var org = OrganizationId.Parse("nowhere");
        var node = new Node(Some.NodeId(), "a", Some.Key(), SecretHash.Of("a"), [], [], [], [], IsRemoved: false);
        Assert.Equal(RefusalCodes.CredentialInvalid, (await RefusedAsync(org, node)).Code);
        Assert.Null(await _mesh.GetAsync(org, default));
        await _mesh.FoundAsync(org);
        Assert.NotNull(await _mesh.GetAsync(org, default));
    }

    [Fact]
    public async Task Events_are_read_in_order_and_followed_without_a_gap()
    {
        var org = await fixture.FoundAsync();
        await _mesh.JoinedAsync(org, "a");
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var followed = Task.Run(async () =>
        {
            var seen = new List<OrganizationEntry>();
            await foreach (var entry in _mesh.EventsAsync(org, 1, 0, follow: true, enough.Token))
            {
                seen.Add(entry);
                if (entry.Event is OrganizationEvent.NodeJoined { Name: "last" })
                {
                    break;
                }
            }

            return seen;
        });
        for (var i = 0; i < 50; i++)
        {
            await _mesh.JoinedAsync(org, $"n{i}");
        }

        await _mesh.JoinedAsync(org, "last");
        var entries = await followed;
        Assert.Equal(Enumerable.Range(1, entries.Count).Select(i => (long)i), entries.Select(e => e.Revision));
        var finite = new List<OrganizationEntry>();
        await foreach (var entry in _mesh.EventsAsync(org, 3, 10, follow: false, default))
        {
            finite.Add(entry);
        }

        Assert.Equal(entries.Skip(2).Take(8), finite);
    }

    private async Task<Refusal> RefusedAsync(OrganizationId org, Node node) =>
        Assert.IsType<FollowReply.Refused>(await _mesh.FollowAsync(Some.Follow(org, node), default)).Reason;
}
