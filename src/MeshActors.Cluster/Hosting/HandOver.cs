using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Membership;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Regions;
using MeshActors.Domain;
using Microsoft.Extensions.Logging;

namespace MeshActors.Cluster.Hosting;

/// <summary>
/// What a process does before it stops, while it still serves: the others take up what they do not have yet of its large
/// organizations, and then all that live here move to other controllers, one shard after another
/// (<see cref="PacedAllocation"/>). What is left after it moves with the stop, all at once.
/// </summary>
public sealed partial class HandOver
{
    /// <summary>
    /// The shards of one of two processes, half of all, take 12 s at five a second, after at most 6 s in which the others
    /// take up organizations. Moved too late they move with the stop.
    /// </summary>
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(18);

    /// <summary>Nodes of an organization that is worth it: a smaller one begins elsewhere in some hundredths of a second.</summary>
    private const int LargeNodes = 500;

    /// <summary>Nodes of those that are taken up, by each of the others: thirty organizations of the largest. It is their memory.</summary>
    private const int TakenUpNodesMax = 30 * Limits.NodesMax;

    /// <summary>Nobody moves them: a coordinator of the build before, or one that is just being elected.</summary>
    private static readonly TimeSpan StandstillMax = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    private readonly MeshOptions _options;
    private readonly ActorSystem _system;
    private readonly IReadOnlyActorRegistry _registry;
    private readonly Replicas _replicas;
    private readonly Homes _homes;
    private readonly ILogger<HandOver> _logger;
    private readonly Akka.Cluster.Cluster _cluster;

    internal HandOver(MeshOptions options, ActorSystem system, IReadOnlyActorRegistry registry, Replicas replicas, Homes homes, ILogger<HandOver> logger)
    {
        (_options, _system, _registry, _replicas, _homes, _logger) = (options, system, registry, replicas, homes, logger);
        _cluster = Akka.Cluster.Cluster.Get(system);
    }

    public bool HasBegun { get; private set; }

    /// <summary>Whether this process is a member, and others have the role, too.</summary>
    public bool HasHeirs(string role) => _cluster.SelfMember.Status == MemberStatus.Up && Others.Any(member => member.HasRole(role));

    private IEnumerable<Member> Others => _cluster.State.Members.Except(_cluster.State.Unreachable)
        .Where(member => member.Status == MemberStatus.Up && member.UniqueAddress != _cluster.SelfUniqueAddress);

    /// <summary>Returns when nothing is left here, or nothing moves.</summary>
    /// <param name="hurry">Ends it early.</param>
    public async Task RunAsync(CancellationToken hurry)
    {
        HasBegun = true;
        if (!_options.Roles.Contains(ClusterRoles.Controller) || !HasHeirs(ClusterRoles.Controller))
        {
            return;
        }

        var since = _system.Scheduler.MonotonicClock;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        late.CancelAfter(Max);
        var left = -1;
        try
        {
            await PrepareOthersAsync(late.Token).ConfigureAwait(false);
            left = await MoveAsync(late.Token).ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException or AskTimeoutException)
        {
            // The stop itself moves the rest.
        }

        var took = (_system.Scheduler.MonotonicClock - since).TotalSeconds;
        if (left == 0)
        {
            AllMoved(took);
        }
        else
        {
            SomeLeft(took);
        }
    }

    private async Task PrepareOthersAsync(CancellationToken late)
    {
        var state = await _registry.Get<OrganizationActor>().Ask<CurrentShardRegionState>(GetShardRegionState.Instance, late).ConfigureAwait(false);
        var living = state.Shards.SelectMany(shard => shard.EntityIds).Select(OrganizationId.Parse).ToHashSet();
        var nodes = 0;
        var message = new TakeUp(
        [
            .. living.Union(_replicas.Organizations.Where(_homes.IsHere))
                .Where(organization => NodesOf(organization) >= LargeNodes)
                .OrderByDescending(living.Contains).ThenByDescending(NodesOf)
                .TakeWhile(organization => (nodes += NodesOf(organization)) <= TakenUpNodesMax),
        ]);
        if (message.Organizations.Length > 0)
        {
            await Task.WhenAll(Others.Select(other => TakeUpAsync(other, message, late))).ConfigureAwait(false);
        }
    }

    // One that no feed here has may be of any size.
    private int NodesOf(OrganizationId organization) => _replicas.Find(organization)?.State.Nodes.Count ?? Limits.NodesMax;

    private async Task TakeUpAsync(Member other, TakeUp message, CancellationToken late)
    {
        try
        {
            var feeds = _system.ActorSelection(new RootActorPath(other.Address) / "user" / Feeds.Feeds.ActorName);
            await feeds.Ask<TakenUp>(message, Feeds.Feeds.TakeUpMax, late).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            // It has taken up what it could; a process of the build before does not know the wish.
        }
    }

    /// <summary>How many are left.</summary>
    private async Task<int> MoveAsync(CancellationToken late)
    {
        _registry.Get<DepartureNotes>().Tell(DepartureNotes.Depart.Instance);
        var left = await CountAsync(late).ConfigureAwait(false);
        var movedAt = _system.Scheduler.MonotonicClock;
        while (left > 0 && _system.Scheduler.MonotonicClock - movedAt < StandstillMax)
        {
            await Task.Delay(LookInterval, late).ConfigureAwait(false);
            var now = await CountAsync(late).ConfigureAwait(false);
            if (now < left)
            {
                movedAt = _system.Scheduler.MonotonicClock;
            }

            left = now;
        }

        return left;
    }

    private async Task<int> CountAsync(CancellationToken late)
    {
        var shards = 0;
        foreach (var region in new[] { _registry.Get<OrganizationActor>(), _registry.Get<NodeActor>(), _registry.Get<DirectoryActor>() })
        {
            var stats = await region.Ask<ShardRegionStats>(GetShardRegionStats.Instance, late).ConfigureAwait(false);
            shards += stats.Stats.Count;
        }

        return shards;
    }

    [LoggerMessage(EventId = 1301, Level = LogLevel.Information, Message = "All organizations here were handed over to other controllers, in {Seconds:0.0} s; this one stops now.")]
    private partial void AllMoved(double seconds);

    [LoggerMessage(EventId = 1302, Level = LogLevel.Warning, Message = "Not all organizations here were handed over to other controllers within {Seconds:0.0} s; the rest moves with the stop.")]
    private partial void SomeLeft(double seconds);
}
