using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using MeshActors.Cluster.Telemetry;
using MeshActors.Domain;

namespace MeshActors.Cluster;

/// <summary>Commands as who asked here saw them: with the way to the entity, wherever it is, and all attempts.</summary>
internal static class CommandTelemetry
{
    private static readonly Histogram<double> Duration = MeshMeter.Duration(
        "mesh.command.duration", "From a command's arrival at this gateway until its answer, by kind and outcome (done, refused, unavailable).");

    // One for each kind of command that there is.
    private static readonly ConcurrentDictionary<Type, string> Kinds = [];

    /// <param name="execute">With the meta that events get.</param>
    public static async Task<CommandReply> FollowAsync(object command, Meta meta, Func<Meta, Task<CommandReply>> execute)
    {
        var kind = KindOf(command);
        using var span = MeshTraces.Start(kind, ActivityKind.Internal, meta.RequestId);
        span?.SetTag("mesh.request.id", meta.RequestId);
        var since = Stopwatch.GetTimestamp();
        var outcome = "unavailable";
        try
        {
            var reply = await execute(MeshTraces.Stamp(meta, span)).ConfigureAwait(false);
            outcome = reply is CommandReply.Done ? "done" : "refused";
            span?.SetTag("mesh.refusal", (reply as CommandReply.Refused)?.Reason.Code);
            return reply;
        }
        finally
        {
            span?.SetTag("mesh.outcome", outcome);
            Duration.Record(
                Stopwatch.GetElapsedTime(since).TotalSeconds, MeshMeter.Tag("command", kind), MeshMeter.Tag("outcome", outcome));
        }
    }

    /// <summary>As <c>report-endpoints</c>.</summary>
    private static string KindOf(object command) => Kinds.GetOrAdd(command.GetType(), static type => JsonNamingPolicy.KebabCaseLower.ConvertName(type.Name));
}
