using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MeshActors.Cli;

/// <summary>Durations as people type them: 45s, 30m, 12h, 7d.</summary>
internal static class Durations
{
    /// <summary>A key that lives longer should be made without an end, on purpose.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public const string Form = "a whole number and one of s, m, h, d, as 30m, 12h or 7d; from 1s to 3650d";

    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is not { Length: >= 2 and <= 12 }
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || SecondsOf(text[^1]) is not { } unit
            || count == 0
            || count > Longest.TotalSeconds / unit)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(count * unit);
        return true;
    }

    private static long? SecondsOf(char unit) => unit switch
    {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => null,
    };
}
