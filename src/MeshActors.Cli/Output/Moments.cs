using System.Globalization;

namespace MeshActors.Cli.Output;

/// <summary>Times: in UTC by ISO 8601, or as an age for people.</summary>
internal static class Moments
{
    /// <summary>So that what was made for 30 minutes just now ends in 30m, not in 29m.</summary>
    private static readonly TimeSpan WhileReading = TimeSpan.FromSeconds(1);

    /// <param name="unixMs">0 for never.</param>
    public static DateTimeOffset? Of(long unixMs) => unixMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(unixMs);

    public static string Iso(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string? IsoOrNull(long unixMs) => Of(unixMs) is { } at ? Iso(at) : null;

    /// <summary>As "3m ago", "in 2h", or "never".</summary>
    public static string Age(DateTimeOffset? at, DateTimeOffset now)
    {
        if (at is not { } moment)
        {
            return "never";
        }

        var past = now - moment;
        return past >= TimeSpan.Zero ? $"{Span(past)} ago" : $"in {Span(-past + WhileReading)}";
    }

    /// <summary>In one unit, the largest that is not zero.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 1 } => Whole(span.TotalDays, "d"),
        { TotalHours: >= 1 } => Whole(span.TotalHours, "h"),
        { TotalMinutes: >= 1 } => Whole(span.TotalMinutes, "m"),
        _ => Whole(span.TotalSeconds, "s"),
    };

    private static string Whole(double count, string unit) => Math.Floor(count).ToString("F0", CultureInfo.InvariantCulture) + unit;
}
