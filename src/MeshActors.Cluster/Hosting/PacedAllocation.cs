using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using MeshActors.Cluster.Membership;

namespace MeshActors.Cluster.Hosting;

/// <summary>
/// Moves shards one after another: the entities of each are silent only for their own recovery. Moved together, the last
/// waits for all. First go those of a member that is about to stop; other moves are those of the strategy within.
/// </summary>
/// <remarks>Asked every <c>akka.cluster.sharding.rebalance-interval</c>: that is the pace.</remarks>
/// <param name="preparation">Between the news that a member departs and the first of its shards to move.</param>
internal sealed class PacedAllocation(IShardAllocationStrategy within, Departures departures, TimeSpan preparation) : IActorSystemDependentAllocationStrategy
{
    /// <summary>Between two looks, and after a member came or went: one that has just started has enough to do.</summary>
    private static readonly TimeSpan BalancedFor = TimeSpan.FromSeconds(10);

    private static readonly Task<IImmutableSet<string>> None = Task.FromResult<IImmutableSet<string>>(ImmutableHashSet<string>.Empty);

    private IScheduler? _clock;
    private Address? _here;
    private TimeSpan _balancedSince;
    private ImmutableHashSet<IActorRef> _regions = [];

    public void Start(ActorSystem system)
    {
        _clock = system.Scheduler;
        _here = Akka.Cluster.Cluster.Get(system).SelfAddress;
        _balancedSince = _clock.MonotonicClock;
        (within as IActorSystemDependentAllocationStrategy)?.Start(system);
    }

    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations)
    {
        var staying = currentShardAllocations.RemoveRange(currentShardAllocations.Keys.Where(Departs));
        return within.AllocateShard(requester, shardId, staying.Count > 0 ? staying : currentShardAllocations);
    }

    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress)
    {
        if (rebalanceInProgress.Count > 0)
        {
            return None;
        }

        if (!_regions.SetEquals(currentShardAllocations.Keys))
        {
            _regions = [.. currentShardAllocations.Keys];
            _balancedSince = _clock!.MonotonicClock;
        }

        var departing = currentShardAllocations.Where(region => Departs(region.Key)).ToList();
        if (departing.Count > 0)
        {
            var left = departing.Count < currentShardAllocations.Count
                ? departing.Where(region => departures.KnownFor(AddressOf(region.Key)) >= preparation).SelectMany(region => region.Value).Take(1)
                : [];
            return Task.FromResult<IImmutableSet<string>>(left.ToImmutableHashSet());
        }

        return _clock!.MonotonicClock - _balancedSince < BalancedFor ? None : BalanceAsync(currentShardAllocations, rebalanceInProgress);
    }

    private async Task<IImmutableSet<string>> BalanceAsync(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress)
    {
        var moves = await within.Rebalance(currentShardAllocations, rebalanceInProgress).ConfigureAwait(false);
        if (moves.Count == 0)
        {
            _balancedSince = _clock!.MonotonicClock;
        }

        return moves;
    }

    private bool Departs(IActorRef region) => departures.Contains(AddressOf(region));

    private Address AddressOf(IActorRef region) => region.Path.Address is { HasLocalScope: false } other ? other : _here!;
}
