using System.Diagnostics.Metrics;
using Akka.Actor;
using MeshActors.Cluster.Telemetry;

namespace MeshActors.Cluster.Membership;

/// <summary>The cluster as this process sees it, when somebody asks.</summary>
internal static class MemberGauges
{
    public static void Start(ActorSystem system)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var meter = new Meter(MeshMeter.Name);
        meter.CreateObservableGauge(
            "mesh.cluster.members",
            () => cluster.State.Members.GroupBy(member => member.Status)
                .Select(group => new Measurement<int>(group.Count(), MeshMeter.Tag("status", group.Key.ToString()))),
            "{member}",
            "Members of the cluster by status.");
        meter.CreateObservableGauge(
            "mesh.cluster.unreachable", () => cluster.State.Unreachable.Count, "{member}", "Members that this process, or another, cannot reach.");
        system.RegisterOnTermination(meter.Dispose);
    }
}
