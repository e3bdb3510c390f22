using Akka.Actor;
using Akka.Hosting;
using MeshActors.Cluster.Entities;

namespace MeshActors.Cluster.Hosting;

/// <summary>Whether this process can serve: a member that is up, regions that started, a journal that answers.</summary>
public sealed class MeshReadiness(ActorSystem system, IRequiredActor<OrganizationActor> organizations, IRequiredActor<NodeActor> nodes,
    IRequiredActor<DirectoryActor> directory, IReadOnlyActorRegistry registry, MeshOptions options)
{
    private readonly Lazy<AkkaMesh> _mesh = new(() => new AkkaMesh(
        new MeshActorRefs(organizations.ActorRef, nodes.ActorRef, directory.ActorRef, registry.Get<Feeds.Feeds>()),
        new OrganizationRows(() => SqliteJournal.Connect(options.DatabaseFile)),
        Stopping(system)));

    internal IMesh Mesh => _mesh.Value;

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
    /// <exception cref="MeshUnavailableException">The journal did not answer.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Akka.Cluster.Cluster.Get(system).RegisterOnMemberUp(up.SetResult);
        await up.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Mesh.GetDirectoryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether it can now; and if not, the sentence that says why.</summary>
    public async Task<(bool IsReady, string Reason)> CheckAsync(CancellationToken cancellationToken)
    {
        var self = Akka.Cluster.Cluster.Get(system).SelfMember;
        if (self.Status != Akka.Cluster.MemberStatus.Up)
        {
            return (false, $"This process is {self.Status} in its cluster.");
        }

        try
        {
            await Mesh.GetDirectoryAsync(cancellationToken).ConfigureAwait(false);
            return (true, "");
        }
        catch (MeshUnavailableException e)
        {
            return (false, e.Message);
        }
    }
}
