using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Membership;

namespace MeshActors.ActorTests;

/// <summary>Which shard moves next, and where nothing is put any more.</summary>
public sealed class PacedAllocationTests : IAsyncLifetime
{
    private static readonly Address Leaver = Address.Parse("akka.tcp://mesh@192.0.2.1:4053");
    private static readonly Address Stayer = Address.Parse("akka.tcp://mesh@192.0.2.2:4053");

    private readonly ActorSystem _system = ActorSystem.Create("mesh", """
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp.hostname = 127.0.0.1
        akka.remote.dot-netty.tcp.port = 0
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        """);
    private readonly Departures _departures = new();
    private readonly Within _within = new();
    private readonly PacedAllocation _allocation;
    private readonly IActorRef _leaver;
    private readonly IActorRef _stayer;

    public PacedAllocationTests()
    {
        _allocation = new PacedAllocation(_within, _departures, TimeSpan.Zero);
        _allocation.Start(_system);
        _leaver = Region(Leaver);
        _stayer = Region(Stayer);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public async Task The_shards_of_a_member_that_departs_move_one_after_another()
    {
        _departures.Add(Leaver);
        Assert.Single(await RebalanceAsync(["1", "2"], ["3"]), "1");
        Assert.Empty(await RebalanceAsync(["1", "2"], ["3"], "1"));
        Assert.Single(await RebalanceAsync(["2"], ["3", "1"]), "2");
        Assert.Empty(await RebalanceAsync([], ["3", "1", "2"]));
    }

    [Fact]
    public async Task Nothing_is_put_to_a_member_that_departs_unless_all_do()
    {
        _departures.Add(Leaver);
        Assert.Equal(_stayer, await AllocateAsync());
        _departures.Add(Stayer);
        Assert.Equal(_leaver, await AllocateAsync());
        Assert.Empty(await RebalanceAsync(["1"], ["2"]));
        _departures.Remove(Leaver);
        Assert.Equal(_leaver, await AllocateAsync());
    }

    [Fact]
    public async Task Those_who_stay_prepare_first()
    {
        var allocation = new PacedAllocation(_within, _departures, TimeSpan.FromHours(1));
        allocation.Start(_system);
        _departures.Add(Leaver);
        Assert.Empty(await allocation.Rebalance(Regions(["1"], ["2"]), ImmutableHashSet<string>.Empty));
        Assert.Equal(_stayer, await allocation.AllocateShard(_stayer, "9", Regions([], ["1"])));
    }

    [Fact]
    public async Task The_process_that_asks_may_be_the_one_that_departs()
    {
        _departures.Add(Akka.Cluster.Cluster.Get(_system).SelfAddress);
        var here = _system.ActorOf(Props.Empty);
        var regions = Regions(["1"], ["2"]).Add(here, ["3"]);
        Assert.Single(await _allocation.Rebalance(regions, ImmutableHashSet<string>.Empty), "3");
    }

    [Fact]
    public async Task A_balance_that_was_good_is_left_alone_for_a_while() => Assert.Empty(await RebalanceAsync(["1", "2"], []));

    private IActorRef Region(Address address) =>
        ((ExtendedActorSystem)_system).Provider.ResolveActorRef(new RootActorPath(address) / "system" / "sharding" / "organization");

    private ImmutableDictionary<IActorRef, IImmutableList<string>> Regions(string[] leaver, string[] stayer) =>
        ImmutableDictionary<IActorRef, IImmutableList<string>>.Empty.Add(_leaver, leaver.ToImmutableList()).Add(_stayer, stayer.ToImmutableList());

    private Task<IImmutableSet<string>> RebalanceAsync(string[] leaver, string[] stayer, params string[] moving) =>
        _allocation.Rebalance(Regions(leaver, stayer), moving.ToImmutableHashSet());

    private Task<IActorRef> AllocateAsync() => _allocation.AllocateShard(_stayer, "9", Regions([], ["1"]));

    /// <summary>The fewest first; and it would move all of the first region at once.</summary>
    private sealed class Within : IShardAllocationStrategy
    {
        public Task<IActorRef> AllocateShard(
            IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
            Task.FromResult(currentShardAllocations.MinBy(region => region.Value.Count).Key);

        public Task<IImmutableSet<string>> Rebalance(
            IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
            Task.FromResult<IImmutableSet<string>>(currentShardAllocations.First().Value.ToImmutableHashSet());
    }
}
