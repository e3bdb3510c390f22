namespace MeshActors.Cli.Commands;

/// <summary>Which revisions were asked for. Revisions have no gaps, so a count is a distance.</summary>
internal sealed record EventRange(long? From, long? To, long? Limit)
{
    /// <summary>Whether <see cref="Resolve"/> depends on the newest revision.</summary>
    public bool NeedsNewest => Limit is not null && From is null && To is null;

    /// <summary>The first revision and the last (0 for the newest), or null when there is none of them.</summary>
    public (long First, long Last)? Resolve(long newest)
    {
        var last = To ?? (NeedsNewest ? newest : 0);
        var (first, end) = (From, Limit) switch
        {
            (null, { } limit) => (Math.Max(1, last - limit + 1), last),
            ({ } from, { } limit) => (from, last == 0 ? from + (limit - 1) : Math.Min(last, from + (limit - 1))),
            var (from, _) => (from ?? 1, last),
        };
        return end != 0 && first > end ? null : (first, end);
    }
}
