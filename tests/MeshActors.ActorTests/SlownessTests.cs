using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Feeds;
using Microsoft.Extensions.Time.Testing;

namespace MeshActors.ActorTests;

/// <summary>An agent that takes nothing is let go; one that has nothing to take is not.</summary>
public sealed class SlownessTests
{
    [Fact]
    public async Task An_agent_that_takes_nothing_for_a_minute_is_cut_and_an_idle_one_is_not()
    {
        using var directory = new TempDirectory();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
        await using var host = await MeshHost.StartAsync(directory.Path, time);
        await host.Mesh.FoundAsync();
        var idleNode = await host.Mesh.JoinedAsync("idle");
        var stuckNode = await host.Mesh.JoinedAsync("stuck");
        await using var idle = await TestAgent.ConnectAsync(host.Mesh, Some.Acme, idleNode);
        await using var stuck = await TestAgent.ConnectAsync(host.Mesh, Some.Acme, stuckNode);
        await idle.UntilAsync(map => map.Nodes.Count == 2);
        await stuck.UntilAsync(map => map.Nodes.Count == 2);

        // The idle one waits for the next message; the other is still busy with its last.
        var next = idle.UntilAsync(map => map.Nodes.Count == 3);
        time.Advance(TimeSpan.FromSeconds(61));
        var ended = new TaskCompletionSource();
        await using var registration = stuck.Following.Ended.Register(ended.SetResult);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(15));

        Assert.Equal(GoAwayCodes.TooSlow, (await stuck.UntilGoAwayAsync()).Reason.Code);
        Assert.False(idle.Following.Ended.IsCancellationRequested);
        await host.Mesh.JoinedAsync("third");
        await next;
    }
}
