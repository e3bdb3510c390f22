using Akka.Actor;
using Akka.Cluster;
using MeshActors.ActorTests.Support;

namespace MeshActors.ActorTests;

/// <summary>What becomes of a process that ended without leaving, where the resolver takes far longer than the test.</summary>
public sealed class DeadProcessesTests
{
    private const string Settings = """
        akka.coordinated-shutdown.run-by-actor-system-terminate = off
        akka.coordinated-shutdown.terminate-actor-system = off
        akka.cluster.split-brain-resolver.stable-after = 120s
        akka.cluster.failure-detector { heartbeat-interval = 250ms, acceptable-heartbeat-pause = 1s, expected-response-after = 250ms }
        """;

    [Fact]
    public async Task Its_organizations_go_to_others_as_soon_as_its_machine_says_that_nobody_listens()
    {
        using var directory = new TempDirectory();
        var config = Config(directory);
        await using var first = await MeshHost.StartAsync(directory.Path, null, config);
        await first.Mesh.FoundAsync();
        await using var second = await MeshHost.JoinAsync(directory, first, config);
        await using var third = await MeshHost.JoinAsync(directory, first, config);
        await UntilAsync(second, state => state.Members.Count(member => member.Status == MemberStatus.Up) == 3);

        // The oldest, which also says where entities live.
        await first.Get<ActorSystem>().Terminate();
        await UntilAsync(second, state => state.Members.Count == 2);
        await UntilAsync(third, state => state.Members.Count == 2);
        await second.Mesh.JoinedAsync("a");
    }

    [Fact]
    public async Task Half_of_the_processes_leave_the_decision_to_the_resolver()
    {
        using var directory = new TempDirectory();
        var config = Config(directory);
        await using var first = await MeshHost.StartAsync(directory.Path, null, config);
        await using var second = await MeshHost.JoinAsync(directory, first, config);
        await UntilAsync(second, state => state.Members.Count(member => member.Status == MemberStatus.Up) == 2);

        await first.Get<ActorSystem>().Terminate();
        await UntilAsync(second, state => state.Unreachable.Count == 1);
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.Equal(MemberStatus.Up, Assert.Single(StateOf(second).Unreachable).Status);
    }

    private static string Config(TempDirectory directory)
    {
        var file = directory.File("slow-resolver.conf");
        File.WriteAllText(file, Settings);
        return file;
    }

    private static Task<ClusterEvent.CurrentClusterState> UntilAsync(MeshHost host, Func<ClusterEvent.CurrentClusterState, bool> condition) =>
        Until.TrueAsync(() => Task.FromResult(StateOf(host)), condition);

    private static ClusterEvent.CurrentClusterState StateOf(MeshHost host) => Akka.Cluster.Cluster.Get(host.Get<ActorSystem>()).State;
}
