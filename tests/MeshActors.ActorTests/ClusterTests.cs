using Akka.Actor;
using MeshActors.ActorTests.Support;
using MeshActors.Domain;
using MeshActors.Domain.Directories;

namespace MeshActors.ActorTests;

/// <summary>Two processes of one cluster: what they say to each other goes over a real connection and the wire serializer.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task Organizations_answer_and_feed_from_whichever_process_hosts_them()
    {
        using var directory = new TempDirectory();
        await using var first = await MeshHost.StartAsync(directory.Path);
        await using var second = await JoinAsync(directory, first);

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
        await using var staying = await JoinAsync(directory, hosting);
        var node = await staying.Mesh.JoinedAsync("a");
        await using var agent = await TestAgent.ConnectAsync(staying.Mesh, Some.Acme, node);
        await agent.UntilAsync(map => map.Nodes.Count == 1);

        await hosting.StopAsync();
        await staying.Mesh.JoinedAsync("b");
        await agent.UntilAsync(map => map.Nodes.Count == 2);
        Assert.Equal(1, agent.WholeMaps);
    }

    private static Task<MeshHost> JoinAsync(TempDirectory directory, MeshHost other)
    {
        var seed = Akka.Cluster.Cluster.Get(other.Get<ActorSystem>()).SelfAddress;
        var config = directory.File("join.conf");
        File.WriteAllText(config, $"akka.cluster.seed-nodes = [\"{seed}\"]");
        return MeshHost.StartAsync(directory.Path, null, config);
    }
}
