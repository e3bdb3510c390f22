using Akka.Actor;
using Akka.Cluster;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Messages;
using MeshActors.Domain;

namespace MeshActors.Cluster.Feeds;

/// <summary>The feeds of the cluster's other processes. An agent may be connected to any of them.</summary>
internal sealed class OtherGateways(ActorSystem system)
{
    /// <summary>A process that is just dying must not hold up an operator's list.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(1);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(system);

    private List<ActorSelection> All() =>
    [
        .. _cluster.State.Members
            .Except(_cluster.State.Unreachable)
            .Where(member => member.Status == MemberStatus.Up && member.HasRole(ClusterRoles.Gateway) && member.UniqueAddress != _cluster.SelfUniqueAddress)
            .Select(member => system.ActorSelection(new RootActorPath(member.Address) / "user" / Feeds.ActorName)),
    ];

    public void Tell(IMeshMessage message) => All().ForEach(other => other.Tell(message));

    /// <summary>What is known here, and where another process has newer or an open stream, that.</summary>
    public async Task<IReadOnlyDictionary<NodeId, Presence>> AddAsync(
        IReadOnlyDictionary<NodeId, Presence> here, OrganizationId organization, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(All().Select(other => AskAsync(other, new GetPresence(organization), PresenceAnswer.None, cancellationToken))).ConfigureAwait(false);
        var all = new Dictionary<NodeId, Presence>(here);
        foreach (var (node, presence) in answers.SelectMany(answer => answer.Nodes))
        {
            if (!all.TryGetValue(node, out var known) || Precedes(known, presence))
            {
                all[node] = presence;
            }
        }

        return all;
    }

    /// <summary>
    /// What is known here and elsewhere of agents that do not apply what they are told. A process of the build before does
    /// not know the question: its agents' lags are not told until it is upgraded.
    /// </summary>
    public async Task<IReadOnlyList<NodeLag>> AddAsync(LagsAnswer here, OrganizationId organization, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(All().Select(other => AskAsync(other, new GetLags(organization), LagsAnswer.None, cancellationToken))).ConfigureAwait(false);
        return [.. answers.Append(here).SelectMany(answer => answer.Nodes)];
    }

    private static bool Precedes(Presence known, Presence other) =>
        known.IsConnected == other.IsConnected ? known.LastSeen < other.LastSeen : other.IsConnected;

    private static async Task<T> AskAsync<T>(ActorSelection other, IMeshMessage question, T none, CancellationToken cancellationToken)
    {
        try
        {
            return await other.Ask<T>(question, AnswerMax, cancellationToken).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return none;
        }
    }
}
