using System.Diagnostics;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Telemetry;

namespace MeshActors.ActorTests.Telemetry;

/// <summary>What measuring costs a controller that nobody watches.</summary>
[Collection(Alone.Name)]
public sealed class CostTests(MeshFixture fixture) : IClassFixture<MeshFixture>
{
    private const int Times = 10_000;

    [Fact]
    public async Task An_acknowledgement_and_a_look_for_a_trace_take_no_memory()
    {
        var org = await fixture.FoundAsync();
        var node = await fixture.Mesh.JoinedAsync(org, "a");
        await using var agent = await TestAgent.ConnectAsync(fixture.Mesh, org, node);
        var map = await agent.UntilAsync(map => map.Nodes.Count == 1);

        Assert.Equal(0, Allocated(() => agent.Following.Applied(map.Revision)));
        Assert.Equal(0, Allocated(() => MeshTraces.Find("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")));
        Assert.Equal(0, Allocated(() => MeshTraces.Start("x", ActivityKind.Internal, null)));
    }

    private static long Allocated(Action step)
    {
        step();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Times; i++)
        {
            step();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
