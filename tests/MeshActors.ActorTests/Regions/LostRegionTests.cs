using Grpc.Core;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.ActorTests.Regions;

/// <summary>The link to a region, or the region, goes and comes back.</summary>
public sealed class LostRegionTests : IAsyncLifetime
{
    private TwoRegions _regions = null!;

    private RunningController Eu => _regions.Eu;

    private RunningController Us => _regions.Us;

    public async Task InitializeAsync() => _regions = await TwoRegions.StartAsync();

    public async Task DisposeAsync() => await _regions.DisposeAsync();

    [Fact]
    public async Task While_the_link_is_cut_known_nodes_are_served_and_after_it_they_get_deltas()
    {
        var staying = await _regions.JoinedAsync(Us, "staying");
        var coming = await _regions.JoinedAsync(Us, "coming");
        using var stream = await TwoRegions.ConnectAsync(Us, staying);
        await stream.NextAsync(message => message.Chunk is not null);

        _regions.ToEu.Cut();
        using var newcomer = await TwoRegions.ConnectAsync(Us, coming);
        var map = (await newcomer.NextAsync(message => message.Chunk is not null)).Chunk;
        Assert.Equal(["coming", "staying"], map.Nodes.Select(node => node.Name).Order());

        var stranger = new Machine("stranger");
        var refused = await Assert.ThrowsAsync<RpcException>(() => stranger.JoinAsync(Us, stranger.Request(Eu.JoinKey.Reveal())));
        Assert.Equal((StatusCode.Unavailable, true), (refused.StatusCode, refused.Status.Detail.Contains("Region 'eu'", StringComparison.Ordinal)));
        var command = await Assert.ThrowsAsync<RpcException>(async () =>
            await Us.Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = TwoRegions.Organization }, Us.AsAdmin()));
        Assert.Equal((StatusCode.Unavailable, true), (command.StatusCode, command.Status.Detail.Contains("Region 'eu'", StringComparison.Ordinal)));

        // The region's own organizations do not notice, and neither does the other's.
        Assert.NotNull((await new Machine("own").JoinAsync(Us)).Joined);
        await _regions.JoinedAsync(Eu, "meanwhile");

        _regions.ToEu.Restore();
        foreach (var resumed in new[] { stream, newcomer })
        {
            var message = await resumed.NextAsync(message => message.Chunk is not null || message.Delta?.Upserts.Any(node => node.Name == "meanwhile") == true);
            Assert.NotNull(message.Delta);
        }

        await _regions.JoinedAsync(Us, "after");
    }

    [Fact]
    public async Task A_link_that_goes_silent_is_given_up_and_taken_up_again()
    {
        using var stream = await TwoRegions.ConnectAsync(Us, await _regions.JoinedAsync(Us, "staying"));
        await stream.NextAsync(message => message.Chunk is not null);

        _regions.ToEu.Silence();
        await _regions.JoinedAsync(Eu, "meanwhile");
        await Until.TrueAsync(() => Task.FromResult(Us.Get<Cluster.Regions.RegionLinks>().IsLost(Domain.RegionName.Parse("eu"))), lost => lost);

        _regions.ToEu.Restore();
        var message = await stream.NextAsync(message => message.Chunk is not null || message.Delta?.Upserts.Any(node => node.Name == "meanwhile") == true);
        Assert.NotNull(message.Delta);
    }

    [Fact]
    public async Task A_region_that_stops_and_starts_again_goes_on_with_its_agents_elsewhere()
    {
        using var stream = await TwoRegions.ConnectAsync(Us, await _regions.JoinedAsync(Us, "staying"));
        await stream.NextAsync(message => message.Chunk is not null);

        await Eu.DisposeAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        await _regions.StartEuAsync();
        await _regions.JoinedAsync(Eu, "later");
        var message = await stream.NextAsync(message => message.Chunk is not null || message.Delta?.Upserts.Any(node => node.Name == "later") == true);
        Assert.NotNull(message.Delta);
    }

    [Fact]
    public async Task What_a_node_announces_while_its_region_is_away_is_taken_when_it_is_back()
    {
        var coming = await _regions.JoinedAsync(Us, "coming");
        using var observer = await TwoRegions.ConnectAsync(Us, await _regions.JoinedAsync(Us, "observer"));
        await observer.NextAsync(message => message.Chunk is not null);

        _regions.ToEu.Cut();
        using var stream = await TwoRegions.ConnectAsync(Us, coming, coming.Hello("172.30.0.0/24"));
        await stream.NextAsync(message => message.Chunk is not null);
        _regions.ToEu.Restore();
        await observer.NextAsync(message => message.Delta?.Upserts.Any(node => node.Name == "coming" && node.Prefixes.Count == 1) == true);
    }
}
