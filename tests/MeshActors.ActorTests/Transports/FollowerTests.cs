using System.Net;
using System.Threading.Channels;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;
using MeshActors.Remoting;

namespace MeshActors.ActorTests.Transports;

/// <summary>The library as a host uses it, over the edge.</summary>
public sealed class FollowerTests(RunningEdge edge) : IClassFixture<RunningEdge>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_host_joins_follows_its_map_through_a_restart_of_the_controller_and_is_told_when_it_is_removed()
    {
        var place = await Place.MakeAsync(edge.Controller);
        await using var transport = edge.OpenEdge();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var identity = await MeshFollower.JoinAsync(transport, NodeIdentity.Create("host1"), place.JoinKey, ["172.24.0.0/24"], late.Token);
        Assert.Equal(place.Name, identity.Organization);
        Assert.Equal(identity, await MeshFollower.JoinAsync(transport, identity, place.JoinKey, ["172.24.0.0/24"], late.Token));

        var problems = Channel.CreateUnbounded<string>();
        var follower = new MeshFollower(transport, identity)
        {
            Prefixes = ["172.24.0.0/24"],
            Report = (connected, problem) => problems.Writer.TryWrite(connected ? "connected" : problem ?? ""),
        };
        follower.ReportEndpoints([new Domain.Organizations.Endpoint(EndpointKind.Configured, IPAddress.Parse("198.51.100.9"), 51820)], 51820);
        await using var maps = follower.FollowAsync(late.Token).GetAsyncEnumerator(late.Token);
        var map = await UntilAsync(maps, follower, map => map.Nodes.Count == 1);
        Assert.Equal("198.51.100.9", Assert.Single(Assert.Single(map.Nodes.Values).Endpoints).Address.ToString());
        await Until.TrueAsync(() => NodeAsync(place), node => node.Connected && node.AppliedRevision == map.Revision);

        await edge.RestartAsync();
        var next = new Again(edge, place);
        await next.JoinAsync("other");
        await UntilAsync(maps, follower, map => map.Nodes.Count == 2);

        await next.RemoveAsync("host1");
        var refused = await Assert.ThrowsAsync<ControllerRefusedException>(async () => await UntilAsync(maps, follower, _ => false));
        Assert.Equal("node-removed", refused.Code);
        Assert.Contains("connected", await problems.Reader.ReadAsync(late.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_was_told_of_another_CA_does_not_talk_to_this_controller()
    {
        using var foreign = new TempDirectory();
        using var authority = Controller.Trust.CertificateAuthority.Open(Controller.DataDirectory.DataDir.Open(foreign.Path), TimeProvider.System.GetUtcNow());
        await using var transport = EdgeTransport.Start(new EdgeOptions(
            "127.0.0.1", edge.Controller.EdgePort, edge.Issue(Contracts.Trust.PeerRole.Agent), authority.Certificate));
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var fault = await Assert.ThrowsAsync<ControllerUnreachableException>(() => transport.ConnectAsync(null, CancellationToken.None));
            Assert.True(fault.IsDistrust, fault.Message);
        }
    }

    [Fact]
    public async Task An_edge_that_is_not_there_or_is_called_by_another_name_is_said_so()
    {
        var options = new EdgeOptions("localhost", edge.Controller.EdgePort, edge.Issue(Contracts.Trust.PeerRole.Agent), edge.Authority().Certificate);
        await using var transport = EdgeTransport.Start(options with { OpenTimeout = TimeSpan.FromSeconds(3) });
        var fault = await Assert.ThrowsAsync<ControllerUnreachableException>(() => transport.ConnectAsync(null, CancellationToken.None));

        Assert.False(fault.IsDistrust);
        Assert.Contains("advertises this very name", fault.Message, StringComparison.Ordinal);
    }

    private static async Task<MeshMap> UntilAsync(IAsyncEnumerator<MeshMap> maps, MeshFollower follower, Func<MeshMap, bool> condition)
    {
        while (await maps.MoveNextAsync().AsTask().WaitAsync(Patience))
        {
            follower.Applied(maps.Current);
            if (condition(maps.Current))
            {
                return maps.Current;
            }
        }

        throw new InvalidOperationException("The maps have ended.");
    }

    private Task<Contracts.Admin.V1.Node> NodeAsync(Place place) => edge.Controller.Admin.GetNodeAsync(
        new GetNodeRequest { Organization = place.Name, Node = "host1" }, edge.Controller.AsAdmin()).ResponseAsync;

    /// <summary>The same organization at the controller as it runs now.</summary>
    private sealed class Again(RunningEdge edge, Place place)
    {
        public async Task JoinAsync(string name)
        {
            await using var transport = edge.OpenGrpc();
            await place.JoinAsync(transport, name);
        }

        public Task<Contracts.Admin.V1.Node> RemoveAsync(string node) => edge.Controller.Admin.RemoveNodeAsync(
            new RemoveNodeRequest { Organization = place.Name, Node = node }, edge.Controller.AsAdmin()).ResponseAsync;
    }
}
