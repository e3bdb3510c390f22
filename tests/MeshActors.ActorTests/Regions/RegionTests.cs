using Grpc.Core;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.ActorTests.Regions;

/// <summary>Agents in one region, their organization at home in the other.</summary>
public sealed class RegionTests : IAsyncLifetime
{
    private TwoRegions _regions = null!;

    private RunningController Eu => _regions.Eu;

    private RunningController Us => _regions.Us;

    public async Task InitializeAsync() => _regions = await TwoRegions.StartAsync();

    public async Task DisposeAsync() => await _regions.DisposeAsync();

    [Fact]
    public async Task An_agent_joins_at_a_gateway_of_another_region_and_changes_go_both_ways()
    {
        var there = await _regions.JoinedAsync(Eu, "there", "172.24.0.0/24");
        var here = await _regions.JoinedAsync(Us, "here");
        using var atUs = await TwoRegions.ConnectAsync(Us, here);
        using var atEu = await TwoRegions.ConnectAsync(Eu, there, there.Hello("172.24.0.0/24"));
        var map = (await atUs.NextAsync(message => message.Chunk is not null)).Chunk;
        Assert.Equal(["here", "there"], map.Nodes.Select(node => node.Name).Order());
        await atEu.NextAsync(message => message.Chunk is not null);

        await _regions.JoinedAsync(Eu, "late-there");
        await atUs.NextAsync(message => message.Delta?.Upserts.Any(node => node.Name == "late-there") == true);
        await _regions.JoinedAsync(Us, "late-here", "172.28.0.0/24");
        await atEu.NextAsync(message => message.Delta?.Upserts.Any(node => node.Name == "late-here") == true);

        var refused = new Machine("overlaps");
        Assert.Equal("prefix-overlap", (await refused.JoinAsync(Us, refused.Request(Eu.JoinKey.Reveal(), "172.24.0.0/25"))).Refused.Code);
    }

    [Fact]
    public async Task However_many_agents_follow_here_their_organization_is_followed_once_there()
    {
        var streams = new List<Machine.Stream>();
        for (var i = 0; i < 8; i++)
        {
            var stream = await TwoRegions.ConnectAsync(Us, await _regions.JoinedAsync(Us, $"node{i}"));
            await stream.NextAsync(message => message.Chunk is not null);
            streams.Add(stream);
        }

        Assert.Equal((1, 1), (_regions.EuHome.Followers, _regions.EuHome.FollowsEver));
        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task What_is_seen_of_a_node_here_is_remembered_at_its_home()
    {
        var here = await _regions.JoinedAsync(Us, "here");
        using (var stream = await TwoRegions.ConnectAsync(Us, here))
        {
            await stream.NextAsync(message => message.Chunk is not null);
        }

        var request = new GetNodeRequest { Organization = TwoRegions.Organization, Node = "here" };
        var node = await Until.TrueAsync(
            async () => await Eu.Admin.GetNodeAsync(request, Eu.AsAdmin()), node => node.Sessions is [{ ClosedUnixMs: > 0 }]);
        Assert.Equal(node.Sessions, (await Us.Admin.GetNodeAsync(request, Us.AsAdmin())).Sessions);
    }

    [Fact]
    public async Task An_operator_of_one_region_manages_an_organization_of_the_other_and_is_named_in_its_events()
    {
        var made = await Us.Admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = "acme@eu" }, Us.AsAdmin());
        var key = await Us.Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = "acme@eu" }, Us.AsAdmin());
        var machine = new Machine("a");
        Assert.NotNull((await machine.JoinAsync(Eu, machine.Request(key.Secret))).Joined);
        var seen = new List<Event>();
        using var events = Us.Admin.StreamEvents(new StreamEventsRequest { Organization = "acme@eu" }, Us.AsAdmin());
        await foreach (var entry in events.ResponseStream.ReadAllAsync())
        {
            seen.Add(entry);
        }

        Assert.Equal(("acme@eu", "eu"), (made.Name, made.Region));
        Assert.Equal(["org.created.v1", "org.join-key-created.v1", "org.node-joined.v1"], seen.Select(entry => entry.Type).Take(3));
        Assert.Equal(Us.AdminToken.Id, seen[1].PrincipalId);
        Assert.Contains("acme@eu", (await Eu.Admin.ListOrganizationsAsync(new ListOrganizationsRequest(), Eu.AsAdmin())).Organizations.Select(o => o.Name));
        Assert.DoesNotContain("acme@eu", (await Us.Admin.ListOrganizationsAsync(new ListOrganizationsRequest(), Us.AsAdmin())).Organizations.Select(o => o.Name));
    }

    [Fact]
    public async Task A_bare_name_is_of_the_region_that_serves_and_an_agent_may_say_it_anywhere()
    {
        Assert.Equal("default@us", (await TwoRegions.ShowAsync(Us, "default")).Name);
        Assert.Equal("default@eu", (await TwoRegions.ShowAsync(Eu, "default")).Name);
        Assert.Equal("acme@us", (await Us.Admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = "acme" }, Us.AsAdmin())).Name);

        var machine = new Machine("here");
        var request = machine.Request(Eu.JoinKey.Reveal());
        request.Organization = "default";
        Assert.Equal("default@eu", (await machine.JoinAsync(Us, request)).Joined.Organization);
        var hello = machine.Hello();
        hello.Organization = "default";
        using var stream = await TwoRegions.ConnectAsync(Us, machine, hello);
        var welcome = (await stream.NextAsync()).Welcome;
        Assert.Equal("default@eu", welcome.Organization);
        Assert.Equal(2, welcome.Gateways.Count);
        Assert.StartsWith(welcome.Gateways[0], Us.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_organization_that_is_nowhere_and_a_region_that_is_not_known_are_said_so()
    {
        var nowhere = await Assert.ThrowsAsync<RpcException>(() => TwoRegions.ShowAsync(Us, "nowhere@eu"));
        Assert.Equal("organization-unknown", nowhere.Trailers.GetValue("mesh-code"));
        var mars = await Assert.ThrowsAsync<RpcException>(() => TwoRegions.ShowAsync(Us, "acme@mars"));
        Assert.Equal(("unavailable", true), (mars.Trailers.GetValue("mesh-code"), mars.Status.Detail.Contains("--peer-region mars=", StringComparison.Ordinal)));
    }
}
