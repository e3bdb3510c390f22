using System.Diagnostics.Metrics;

namespace MeshActors.Cluster.Telemetry;

/// <summary>
/// The one meter of this software. Each instrument is declared beside what it measures; while nobody listens, each costs a
/// comparison and no memory.
/// </summary>
/// <remarks>Tags have few values: kinds, codes, reasons. Names of organizations and agents stand only in <c>FeedGauges</c>, which bounds them.</remarks>
public static class MeshMeter
{
    public const string Name = "MeshActors";

    internal static readonly Meter Instance = new(Name);

    /// <summary>Of anything that a caller waits for: a write to a fast disk takes 1 ms, patience ends at 15 s.</summary>
    private static readonly InstrumentAdvice<double> Waits =
        new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15] };

    public static Counter<long> Counter(string name, string unit, string description) => Instance.CreateCounter<long>(name, unit, description);

    /// <summary>In seconds.</summary>
    public static Histogram<double> Duration(string name, string description) =>
        Instance.CreateHistogram(name, "s", description, tags: null, Waits);

    public static KeyValuePair<string, object?> Tag(string key, object? value) => new(key, value);
}
