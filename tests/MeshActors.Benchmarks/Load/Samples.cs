namespace MeshActors.Benchmarks.Load;

/// <summary>A few hundred numbers and where their parts lie.</summary>
internal sealed class Samples(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    /// <summary>All that are in these.</summary>
    public static Samples Of(IEnumerable<Samples> parts) => new(parts.SelectMany(part => part._sorted));

    public int Count => _sorted.Length;

    public double Max => _sorted.Length == 0 ? 0 : _sorted[^1];

    /// <summary>The smallest number that so many of them do not pass.</summary>
    public double Quantile(double share) =>
        _sorted.Length == 0 ? 0 : _sorted[Math.Clamp((int)Math.Ceiling(_sorted.Length * share) - 1, 0, _sorted.Length - 1)];
}
