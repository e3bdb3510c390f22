using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Hosting;
using MeshActors.Domain;

namespace MeshActors.ActorTests;

/// <summary>A process that is about to stop gives its organizations away first, and serves meanwhile.</summary>
public sealed class HandOverTests
{
    [Fact]
    public async Task Organizations_move_before_the_process_stops_and_none_comes_back()
    {
        using var directory = new TempDirectory();
        await using var leaving = await MeshHost.StartAsync(directory.Path);
        var orgs = Enumerable.Range(0, 10).Select(i => OrganizationId.Parse($"org-{i}")).ToList();
        foreach (var org in orgs)
        {
            await leaving.Mesh.FoundAsync(org);
        }

        await using var staying = await MeshHost.JoinAsync(directory, leaving);
        var node = await leaving.Mesh.JoinedAsync(orgs[0], "a");
        await using var agent = await TestAgent.ConnectAsync(leaving.Mesh, orgs[0], node);
        await agent.UntilAsync(map => map.Nodes.Count == 1);

        await leaving.Get<HandOver>().RunAsync(default);
        Assert.Empty(await ShardsAsync(leaving));
        foreach (var org in orgs)
        {
            await leaving.Mesh.JoinedAsync(org, "b");
        }

        await agent.UntilAsync(map => map.Nodes.Count == 2);
        Assert.Equal(1, agent.WholeMaps);
        Assert.Empty(await ShardsAsync(leaving));
        Assert.Equal(10, (await ShardsAsync(staying)).Sum(shard => shard.Value));
    }

    [Fact]
    public async Task What_is_large_is_with_the_others_before_it_moves()
    {
        using var directory = new TempDirectory();
        await using var leaving = await MeshHost.StartAsync(directory.Path);
        var small = OrganizationId.Parse("small");
        await leaving.Mesh.FoundAsync();
        await leaving.Mesh.FoundAsync(small);
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => leaving.Mesh.JoinedAsync($"n{i}")));
        var view = (await leaving.Mesh.GetAsync(Some.Acme, default))!;
        await leaving.Mesh.GetAsync(small, default);

        await using var staying = await MeshHost.JoinAsync(directory, leaving);
        await leaving.Get<HandOver>().RunAsync(default);
        Assert.Equal(view.Revision, staying.Get<Replicas>().Find(Some.Acme)?.Revision);
        Assert.Null(staying.Get<Replicas>().Find(small));
        Assert.Equal(view.Revision + 1, (await staying.Mesh.DoneAsync(Some.Join("late"))).Revision);
    }

    [Fact]
    public async Task Who_is_alone_has_nobody_to_hand_over_to()
    {
        using var directory = new TempDirectory();
        await using var host = await MeshHost.StartAsync(directory.Path);
        await host.Mesh.FoundAsync();
        await host.Get<HandOver>().RunAsync(default);
        await host.Mesh.JoinedAsync("a");
        Assert.Single(await ShardsAsync(host));
    }

    private static async Task<IReadOnlyDictionary<string, int>> ShardsAsync(MeshHost host)
    {
        var region = host.Get<IReadOnlyActorRegistry>().Get<OrganizationActor>();
        return (await region.Ask<ShardRegionStats>(GetShardRegionStats.Instance, TimeSpan.FromSeconds(5))).Stats;
    }
}
