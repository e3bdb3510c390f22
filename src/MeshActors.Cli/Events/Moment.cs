using System.Globalization;
using MeshActors.Cli.Output;

namespace MeshActors.Cli.Events;

/// <summary>A place in a journal: a revision, or a time.</summary>
internal readonly record struct Moment(long? Revision, DateTimeOffset? Time)
{
    public const string Form = "a revision, or a time in UTC as 2026-11-22, 2026-11-22T03:12 or 2026-11-22T03:12:00.000Z";

    private static readonly string[] TimeForms =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss'Z'",
        "yyyy-MM-dd'T'HH:mm:ss.fff", "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.fffzzz",
    ];

    public static bool TryParse(string text, out Moment moment)
    {
        moment = default;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            moment = new Moment(revision, null);
            return revision > 0;
        }

        // With a blank for the T, as people copy it.
        var parsed = DateTimeOffset.TryParseExact(
            text.Replace(' ', 'T'), TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time);
        moment = new Moment(null, time);
        return parsed;
    }

    /// <summary>The revision, or the greatest number there is for a time.</summary>
    public long RevisionOr(long otherwise) => Revision ?? otherwise;

    /// <summary>True for a row that comes after this place. A time stands after all rows up to the first one that is later.</summary>
    public bool IsBefore(long revision, DateTimeOffset time) => Revision is { } own ? revision > own : time > Time;

    public override string ToString() => Revision is { } own ? $"revision {own}" : Moments.Iso(Time!.Value);
}
