using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using MeshActors.Cluster.Telemetry;

namespace MeshActors.Cluster;

/// <summary>Commands as who asked here saw them: with the way to the entity, wherever it is, and all attempts.</summary>
internal static class CommandMetrics
{
    private static readonly Histogram<double> Duration = MeshMeter.Duration(
        "mesh.command.duration", "From a command's arrival at this gateway until its answer, by kind and outcome (done, refused, unavailable).");

    // One for each kind of command that there is.
    private static readonly ConcurrentDictionary<Type, string> Kinds = [];

    public static async Task<CommandReply> MeasureAsync(object command, Func<Task<CommandReply>> execute)
    {
        var since = Stopwatch.GetTimestamp();
        var outcome = "unavailable";
        try
        {
            var reply = await execute().ConfigureAwait(false);
            outcome = reply is CommandReply.Done ? "done" : "refused";
            return reply;
        }
        finally
        {
            Duration.Record(
                Stopwatch.GetElapsedTime(since).TotalSeconds, MeshMeter.Tag("command", KindOf(command)), MeshMeter.Tag("outcome", outcome));
        }
    }

    /// <summary>As <c>report-endpoints</c>.</summary>
    public static string KindOf(object command) => Kinds.GetOrAdd(command.GetType(), static type => JsonNamingPolicy.KebabCaseLower.ConvertName(type.Name));
}
