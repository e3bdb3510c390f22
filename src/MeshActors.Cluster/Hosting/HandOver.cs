using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Membership;
using Microsoft.Extensions.Logging;

namespace MeshActors.Cluster.Hosting;

/// <summary>
/// What a process does before it stops, while it still serves: its organizations move to other controllers, one shard
/// after another (<see cref="PacedAllocation"/>). What is left after it moves with the stop, all at once.
/// </summary>
public sealed partial class HandOver(MeshOptions options, ActorSystem system, IReadOnlyActorRegistry registry, ILogger<HandOver> logger)
{
    /// <summary>The shards of one of two processes, half of all, take 12 s at five a second, after a second in which the other prepares.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(15);

    /// <summary>Nobody moves them: a coordinator of the build before, or one that is just being elected.</summary>
    private static readonly TimeSpan StandstillMax = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(system);

    public bool HasBegun { get; private set; }

    /// <summary>Whether this process is a member, and others have the role, too.</summary>
    public bool HasHeirs(string role) => _cluster.SelfMember.Status == MemberStatus.Up && _cluster.State.Members.Except(_cluster.State.Unreachable).Any(
        member => member.Status == MemberStatus.Up && member.HasRole(role) && member.UniqueAddress != _cluster.SelfUniqueAddress);

    /// <summary>Returns when nothing is left here, or nothing moves.</summary>
    /// <param name="hurry">Ends it early.</param>
    public async Task RunAsync(CancellationToken hurry)
    {
        HasBegun = true;
        if (!options.Roles.Contains(ClusterRoles.Controller) || !HasHeirs(ClusterRoles.Controller))
        {
            return;
        }

        var since = system.Scheduler.MonotonicClock;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        late.CancelAfter(Max);
        var left = -1;
        try
        {
            left = await MoveAsync(late.Token).ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException or AskTimeoutException)
        {
            // The stop itself moves the rest.
        }

        var took = (system.Scheduler.MonotonicClock - since).TotalSeconds;
        if (left == 0)
        {
            AllMoved(took);
        }
        else
        {
            SomeLeft(took);
        }
    }

    /// <summary>How many are left.</summary>
    private async Task<int> MoveAsync(CancellationToken late)
    {
        registry.Get<DepartureNotes>().Tell(DepartureNotes.Depart.Instance);
        var left = await CountAsync(late).ConfigureAwait(false);
        var movedAt = system.Scheduler.MonotonicClock;
        while (left > 0 && system.Scheduler.MonotonicClock - movedAt < StandstillMax)
        {
            await Task.Delay(LookInterval, late).ConfigureAwait(false);
            var now = await CountAsync(late).ConfigureAwait(false);
            if (now < left)
            {
                movedAt = system.Scheduler.MonotonicClock;
            }

            left = now;
        }

        return left;
    }

    private async Task<int> CountAsync(CancellationToken late)
    {
        var shards = 0;
        foreach (var region in new[] { registry.Get<OrganizationActor>(), registry.Get<NodeActor>(), registry.Get<DirectoryActor>() })
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
