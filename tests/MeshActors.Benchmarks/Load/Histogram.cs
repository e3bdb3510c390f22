namespace MeshActors.Benchmarks.Load;

/// <summary>Durations to a tenth of a millisecond, up to ten seconds; from any thread.</summary>
internal sealed class Histogram
{
    private const int PerMillisecond = 10;

    private readonly long[] _counts = new long[10_000 * PerMillisecond];

    public long Count => _counts.Sum();

    public void Add(TimeSpan duration) =>
        Interlocked.Increment(ref _counts[Math.Clamp((int)(duration.TotalMilliseconds * PerMillisecond), 0, _counts.Length - 1)]);

    /// <returns>Milliseconds.</returns>
    public double Quantile(double share)
    {
        var rest = (long)(Count * share);
        for (var index = 0; index < _counts.Length; index++)
        {
            if ((rest -= _counts[index]) < 0)
            {
                return (double)index / PerMillisecond;
            }
        }

        return (double)_counts.Length / PerMillisecond;
    }
}
