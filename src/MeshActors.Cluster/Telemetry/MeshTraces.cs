using System.Diagnostics;
using MeshActors.Domain;

namespace MeshActors.Cluster.Telemetry;

/// <summary>
/// Follows single changes: from the command through the journal and the feeds to the agents that have applied it. Of a
/// change that is followed, the request id in its events <em>is</em> the W3C trace context of its command. So whoever meets the
/// event, in whatever process, knows where its own span belongs, and no message has a field for it.
/// </summary>
/// <remarks>While nobody listens, or a change is not followed, each step costs a comparison or two and no memory.</remarks>
public static class MeshTraces
{
    public const string Name = "MeshActors";

    /// <summary>Characters of a trace context, and of the id of a trace in it.</summary>
    private const int ContextLength = 55;
    private const int TraceIdLength = 32;

    private static readonly ActivitySource Source = new(Name);

    /// <summary>
    /// A step that goes on here: under the step that runs now, else under the caller's trace context, else as the first of a
    /// trace. Null when nobody wants it.
    /// </summary>
    /// <param name="caller">A trace context, or any other request id.</param>
    public static Activity? Start(string name, ActivityKind kind, string? caller)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var around = Activity.Current;
        if (around?.Source.Name == Name)
        {
            return Source.StartActivity(name, kind);
        }

        // One that says that it is not followed is heard too.
        if (IsContext(caller) && ActivityContext.TryParse(caller, null, isRemote: true, out var context))
        {
            return Source.StartActivity(name, kind, context);
        }

        // The web server's own activity is told to nobody, and an agent's stream may last for months: a trace begins here.
        Activity.Current = null;
        var started = Source.StartActivity(name, kind);
        if (started is null)
        {
            Activity.Current = around;
        }

        return started;
    }

    /// <summary>Where spans of a followed change belong; null for one that is not followed.</summary>
    public static ActivityContext? Find(string? requestId) =>
        requestId is { Length: ContextLength } && Source.HasListeners()
        && ActivityContext.TryParse(requestId, null, isRemote: true, out var context) && context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
            ? context
            : null;

    /// <summary>True for what a caller may give in place of a request id of its own to have its call followed.</summary>
    public static bool IsContext(string? text) => text is { Length: ContextLength } && ActivityContext.TryParse(text, null, out _);

    /// <summary>A followed command's events carry its context. A name that the caller gave its request stays, and ends the trace with the command.</summary>
    internal static Meta Stamp(Meta meta, Activity? command) =>
        command is { Recorded: true, Id: { } id } && (IsContext(meta.RequestId) || IsTraceId(meta.RequestId)) ? meta with { RequestId = id } : meta;

    /// <summary>A step that has ended now.</summary>
    /// <param name="since">A time stamp of <see cref="Stopwatch"/>.</param>
    internal static void Record(string name, ActivityContext parent, long since, params ReadOnlySpan<(string Key, object? Value)> tags)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var step = Source.StartActivity(name, ActivityKind.Internal, parent, startTime: now - Stopwatch.GetElapsedTime(since));
        foreach (var (key, value) in tags)
        {
            step?.SetTag(key, value);
        }
    }

    /// <summary>A step that ended some time ago.</summary>
    internal static void Record(string name, ActivityContext parent, DateTimeOffset from, TimeSpan took, params ReadOnlySpan<(string Key, object? Value)> tags)
    {
        using var step = Source.StartActivity(name, ActivityKind.Internal, parent, startTime: from);
        foreach (var (key, value) in tags)
        {
            step?.SetTag(key, value);
        }

        step?.SetEndTime((from + took).UtcDateTime);
    }

    private static bool IsTraceId(string text) => text.Length == TraceIdLength && text.All(char.IsAsciiHexDigitLower);
}
