using System.Globalization;
using System.Text.RegularExpressions;

namespace MeshActors.ActorTests.Telemetry;

/// <summary>One answer of a metrics endpoint, in the text format that monitoring systems read.</summary>
internal sealed partial class Scrape(string text)
{
    public string Text { get; } = text;

    /// <summary>Name and type of each family.</summary>
    public IReadOnlyList<string> Families { get; } =
        [.. TypeLine().Matches(text).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}").Distinct().Order(StringComparer.Ordinal)];

    public static async Task<Scrape> OfAsync(int port)
    {
        using var http = new HttpClient();
        return new Scrape(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics")));
    }

    /// <summary>The sum of the series of that name whose labels hold all of these, as <c>code="not-allowed"</c>; null when there is none.</summary>
    public double? Find(string name, params string[] labels)
    {
        var values = Text.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            .Where(line => labels.All(label => line.Contains(label, StringComparison.Ordinal)))
            .Select(line => double.Parse(Value().Match(line).Groups[1].Value, CultureInfo.InvariantCulture))
            .ToList();
        return values.Count == 0 ? null : values.Sum();
    }

    [GeneratedRegex("^# TYPE ([a-z0-9_]+) ([a-z]+)", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^[a-z_]+(?:\{.*\})? (\S+)")]
    private static partial Regex Value();
}
