using Akka.Cluster;
using MeshActors.Cluster.Hosting;

namespace MeshActors.Cluster.Membership;

/// <summary>Which of the cluster's controllers this process hears: those that host organizations have a vote, as with the resolver.</summary>
internal readonly record struct Reach(int Controllers, int Lost)
{
    public bool IsMajority => Lost * 2 < Controllers;

    public static Reach Of(ClusterEvent.CurrentClusterState state) => new(
        state.Members.Count(member => member.HasRole(ClusterRoles.Controller)),
        state.Unreachable.Count(member => member.HasRole(ClusterRoles.Controller)));
}
