using System.Diagnostics;
using System.Diagnostics.Metrics;
using MeshActors.Cluster.Telemetry;

namespace MeshActors.Cluster.Entities;

/// <summary>What entities do with their journals, by kind of entity.</summary>
internal static class JournalMetrics
{
    private static readonly Histogram<double> Writes = MeshMeter.Duration(
        "mesh.journal.write.duration", "From handing events to the journal until the last of them is stored.");

    private static readonly Counter<long> Events = MeshMeter.Counter("mesh.journal.events", "{event}", "Events stored.");

    private static readonly Counter<long> Failures = MeshMeter.Counter(
        "mesh.journal.failures", "{failure}", "Writes that failed or were refused by the journal, and journals that contradict themselves.");

    private static readonly Histogram<double> Recoveries = MeshMeter.Duration(
        "mesh.entity.recovery.duration", "From an entity's start until it has read its journal.");

    private static readonly Counter<long> Replayed = MeshMeter.Counter("mesh.entity.recovery.events", "{event}", "Events read to recover entities.");

    public static void Stored(string kind, int events, long since)
    {
        Writes.Record(Stopwatch.GetElapsedTime(since).TotalSeconds, MeshMeter.Tag("kind", kind));
        Events.Add(events, MeshMeter.Tag("kind", kind));
    }

    /// <param name="reason">failed, rejected or contradiction.</param>
    public static void Failed(string kind, string reason) => Failures.Add(1, MeshMeter.Tag("kind", kind), MeshMeter.Tag("reason", reason));

    public static void Recovered(string kind, long events, long since)
    {
        Recoveries.Record(Stopwatch.GetElapsedTime(since).TotalSeconds, MeshMeter.Tag("kind", kind));
        Replayed.Add(events, MeshMeter.Tag("kind", kind));
    }
}
