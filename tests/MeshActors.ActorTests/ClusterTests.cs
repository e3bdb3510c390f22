using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Cluster.Feeds;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.ActorTests;

/// <summary>Two processes of one cluster: what they say to each other goes over a real connection and the wire serializer.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task Organizations_answer_and_feed_from_whichever_process_hosts_them()
    {
        using var directory = new TempDirectory();
        await using var first = await MeshHost.StartAsync(directory.Path);
        await using var second = await MeshHost.JoinAsync(directory, first);

        // Shards spread over both: of ten organizations some are hosted on each, and each process serves all.
        var orgs = Enumerable.Range(0, 10).Select(i => OrganizationId.Parse($"org-{i}")).ToList();
        foreach (var org in orgs)
        {
            await first.Mesh.ExecuteAsync(new DirectoryCommand.RegisterOrganization(org), Some.Meta(), default);
            await first.Mesh.FoundAsync(org);
            var node = await second.Mesh.JoinedAsync(org, "a", "10.1.0.0/24");
            await using var agent = await TestAgent.ConnectAsync(first.Mesh, org, node);
            await agent.UntilAsync(map => map.Nodes.Count == 1);
            await second.Mesh.JoinedAsync(org, "b");
            await agent.UntilAsync(map => map.Nodes.Count == 2);
            Assert.Equal(RefusalCodes.PrefixOverlap, (await first.Mesh.RefusedAsync(Some.Join("c", "10.1.0.0/25"), org)).Code);
        }

        Assert.Equal(orgs, (await second.Mesh.GetDirectoryAsync(default)).Organizations.Order());
    }

    [Fact]
    public async Task A_stream_goes_on_when_the_process_that_hosts_the_organization_leaves()
    {
        using var directory = new TempDirectory();
        var hosting = await MeshHost.StartAsync(directory.Path);
        await hosting.Mesh.FoundAsync();
        await using var staying = await MeshHost.JoinAsync(directory, hosting);
        var node = await staying.Mesh.JoinedAsync("a");
        await using var agent = await TestAgent.ConnectAsync(staying.Mesh, Some.Acme, node);
        await agent.UntilAsync(map => map.Nodes.Count == 1);

        await hosting.StopAsync();
        await staying.Mesh.JoinedAsync("b");
        await agent.UntilAsync(map => map.Nodes.Count == 2);
        Assert.Equal(1, agent.WholeMaps);
    }

    [Fact]
    public async Task An_organization_that_lived_here_there_and_here_again_recovers_every_event()
    {
        using var directory = new TempDirectory();
        var first = await MeshHost.StartAsync(directory.Path);
        await first.Mesh.FoundAsync();
        await first.Mesh.JoinedAsync("a", "10.1.0.0/24");
        var second = await MeshHost.JoinAsync(directory, first);
        await first.StopAsync();
        await second.Mesh.JoinedAsync("b", "10.2.0.0/24");
        first = await MeshHost.JoinAsync(directory, second);
        await second.StopAsync();
        await first.Mesh.JoinedAsync("c", "10.3.0.0/24");
        await first.StopAsync();

        await using var last = await MeshHost.StartAsync(directory.Path);
        foreach (var prefix in new[] { "10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24" })
        {
            Assert.Equal(RefusalCodes.PrefixOverlap, (await last.Mesh.RefusedAsync(Some.Join("d", prefix))).Code);
        }
    }

    [Fact]
    public async Task Whoever_is_connected_to_any_process_is_known_to_all_and_its_newest_stream_wins()
    {
        using var directory = new TempDirectory();
        await using var first = await MeshHost.StartAsync(directory.Path);
        await using var second = await MeshHost.JoinAsync(directory, first);
        await first.Mesh.FoundAsync();
        var node = await first.Mesh.JoinedAsync("a");
        await using var older = await TestAgent.ConnectAsync(first.Mesh, Some.Acme, node);
        await older.UntilAsync(map => map.Nodes.Count == 1);
        await Until.TrueAsync(() => PresenceAsync(second, node), presence => presence is { IsConnected: true });

        await using var newer = await TestAgent.ConnectAsync(second.Mesh, Some.Acme, node);
        Assert.Equal(GoAwayCodes.SessionReplaced, (await older.UntilGoAwayAsync()).Reason.Code);
        await older.DisposeAsync();
        await newer.UntilAsync(map => map.Nodes.Count == 1);
        await Until.TrueAsync(() => PresenceAsync(first, node), presence => presence is { IsConnected: true });
        await newer.DisposeAsync();
        await Until.TrueAsync(() => PresenceAsync(first, node), presence => presence is { IsConnected: false });
    }

    [Fact]
    public async Task An_agent_that_comes_from_another_process_is_led_on_by_a_delta()
    {
        using var directory = new TempDirectory();
        await using var first = await MeshHost.StartAsync(directory.Path);
        await first.Mesh.FoundAsync();
        var node = await first.Mesh.JoinedAsync("a");
        MeshMap map;
        await using (var agent = await TestAgent.ConnectAsync(first.Mesh, Some.Acme, node))
        {
            map = await agent.UntilAsync(map => map.Nodes.Count == 1);
        }

        for (var i = 0; i < 5; i++)
        {
            await first.Mesh.JoinedAsync($"b{i}");
        }

        await using var second = await MeshHost.JoinAsync(directory, first);
        await using var moved = await TestAgent.ConnectAsync(second.Mesh, Some.Acme, node, map);
        await moved.UntilAsync(map => map.Nodes.Count == 6);
        Assert.Equal(0, moved.WholeMaps);
    }

    [Fact]
    public async Task Agents_that_come_from_another_process_are_led_on_by_a_delta_however_much_more_one_missed_than_the_one_before()
    {
        using var directory = new TempDirectory();
        await using var first = await MeshHost.StartAsync(directory.Path);
        await first.Mesh.FoundAsync();
        var node = await first.Mesh.JoinedAsync("a");
        await using var agent = await TestAgent.ConnectAsync(first.Mesh, Some.Acme, node);
        var maps = new List<MeshMap>();
        foreach (var nodes in (int[])[1, 101, 301, 304])
        {
            for (var next = maps.LastOrDefault()?.Nodes.Count ?? 1; next < nodes; next++)
            {
                await first.Mesh.JoinedAsync($"b{next}");
            }

            maps.Add(await agent.UntilAsync(map => map.Nodes.Count == nodes));
        }

        await using var second = await MeshHost.JoinAsync(directory, first);
        foreach (var map in Enumerable.Reverse(maps))
        {
            await using var moved = await TestAgent.ConnectAsync(second.Mesh, Some.Acme, node, map);
            await moved.UntilAsync(map => map.Nodes.Count == 304);
            Assert.Equal(0, moved.WholeMaps);
        }
    }

    [Fact]
    public async Task An_agent_that_applies_nothing_is_known_to_all_processes()
    {
        using var directory = new TempDirectory();
        await using var first = await MeshHost.StartAsync(directory.Path);
        await using var second = await MeshHost.JoinAsync(directory, first);
        await first.Mesh.FoundAsync();
        var (slow, well) = (await first.Mesh.JoinedAsync("slow"), await first.Mesh.JoinedAsync("well"));
        await using var slowAgent = await TestAgent.ConnectAsync(second.Mesh, Some.Acme, slow);
        await using var wellAgent = await TestAgent.ConnectAsync(second.Mesh, Some.Acme, well);
        var map = await slowAgent.UntilAsync(map => map.Nodes.Count == 2);
        await wellAgent.UntilAsync(map => map.Nodes.Count == 2);
        wellAgent.Following.Applied(map.Revision);

        var lags = await Until.TrueAsync(() => first.Mesh.GetLagsAsync(Some.Acme, default), lags => lags.Count == 1);
        Assert.Equal(slow.Id, lags[0].Node);
        slowAgent.Following.Applied(map.Revision);
        await Until.TrueAsync(() => first.Mesh.GetLagsAsync(Some.Acme, default), lags => lags.Count == 0);
    }

    private static async Task<Presence?> PresenceAsync(MeshHost host, Node node) =>
        (await host.Mesh.GetAsync(Some.Acme, default))!.Presence.GetValueOrDefault(node.Id);
}
