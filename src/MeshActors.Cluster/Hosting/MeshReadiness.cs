using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Membership;
using MeshActors.Cluster.Projections;
using MeshActors.Cluster.Regions;

namespace MeshActors.Cluster.Hosting;

/// <summary>
/// Whether this process can serve: a member that is up and sees most controllers, regions that run, a journal that takes
/// entries. Only what is this process's own: an entity that is just moving elsewhere does not make every gateway unready.
/// </summary>
public sealed class MeshReadiness(MeshOptions options, ActorSystem system, IRequiredActor<OrganizationActor> organizations,
    IRequiredActor<NodeActor> nodes, IRequiredActor<DirectoryActor> directory, IReadOnlyActorRegistry registry, RegionLinks links)
{
    /// <summary>A cold start of several processes takes a second or two; a slow disk, ten.</summary>
    private static readonly TimeSpan MembershipMax = TimeSpan.FromSeconds(60);

    private readonly Lazy<(AkkaMesh Mesh, RegionHome Home)> _served = new(() =>
    {
        var stopping = Stopping(system);
        var rows = new OrganizationRows(options.Journal.Connect);
        var router = registry.Get<RegionRouter>();
        var homeRows = new HomeRows(rows, links);
        var mesh = new AkkaMesh(
            new MeshActorRefs(router, router, directory.ActorRef, registry.Get<Feeds.Feeds>()),
            new Feeds.OtherGateways(system),
            homeRows,
            new EventSearch(new ProjectionTables(options.Journal), homeRows, links.Homes),
            links,
            stopping);
        // Past the router: what is asked of this region is not passed on to another.
        var here = new MeshActorRefs(organizations.ActorRef, nodes.ActorRef, directory.ActorRef, ActorRefs.Nobody);
        return (mesh, new RegionHome(options.Region, system, here, rows, links, new EntityCalls(AkkaMesh.Patience, stopping, links)));
    });

    internal IMesh Mesh => _served.Value.Mesh;

    internal RegionHome RegionHome => _served.Value.Home;

    // The first phase: an agent that comes back while the feeds end would otherwise hold up the stop until it gives up.
    private static CancellationToken Stopping(ActorSystem system)
    {
        var stopping = new CancellationTokenSource();
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "end-calls", async () =>
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            return Akka.Done.Instance;
        });
        return stopping.Token;
    }

    /// <summary>Returns when the process can serve for the first time.</summary>
    /// <exception cref="MeshUnavailableException">It did not become a member, or the journal did not answer.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Akka.Cluster.Cluster.Get(system).RegisterOnMemberUp(up.SetResult);
        var first = await Task.WhenAny(up.Task, system.WhenTerminated, Task.Delay(MembershipMax, cancellationToken)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (first != up.Task)
        {
            throw new MeshUnavailableException(
                $"this process ({Akka.Cluster.Cluster.Get(system).SelfAddress}) did not become a member of its cluster. "
                + "See above whom it tried to join; both must reach each other by --cluster-advertise, and have the same CA (--ca-dir).");
        }

        await Mesh.GetDirectoryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether it can now; and if not, the sentence that says why.</summary>
    /// <exception cref="OperationCanceledException">Something did not answer in time.</exception>
    public async Task<(bool IsReady, string Reason)> CheckAsync(CancellationToken cancellationToken)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        if (cluster.SelfMember.Status != MemberStatus.Up)
        {
            return (false, $"This process is {cluster.SelfMember.Status} in its cluster.");
        }

        if (FindPartition(cluster.State) is { } partition)
        {
            return (false, partition);
        }

        await AskRegionsAsync(cancellationToken).ConfigureAwait(false);
        var fault = await options.Journal.FindFaultAsync(cancellationToken).ConfigureAwait(false);
        return (fault is null, fault ?? "");
    }

    private static string? FindPartition(ClusterEvent.CurrentClusterState state) =>
        Reach.Of(state) is { Controllers: > 0, IsMajority: false } reach
            ? $"{reach.Lost} of the cluster's {reach.Controllers} controllers cannot be reached from here."
            : null;

    // One that has not started, or has died, does not answer in the caller's time.
    private async Task AskRegionsAsync(CancellationToken cancellationToken)
    {
        foreach (var region in new[] { organizations.ActorRef, nodes.ActorRef, directory.ActorRef })
        {
            await region.Ask<CurrentShardRegionState>(GetShardRegionState.Instance, cancellationToken).ConfigureAwait(false);
        }
    }
}
