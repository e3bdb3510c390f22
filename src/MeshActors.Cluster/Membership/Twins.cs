namespace MeshActors.Cluster.Membership;

/// <summary>
/// Notices a second cluster on the same database, and says which of the two gives way. A resolver decides by who reaches
/// whom, and where that changes while it decides (processes that get no processor for seconds) each half may take the other
/// for dead: both then live on, for ever. In the database each sees that the other lives.
/// </summary>
internal sealed class Twins
{
    /// <summary>
    /// In each of so many looks: the half that must end needs some seconds for it, and what a dead process said last is
    /// too old by the second.
    /// </summary>
    private const int LooksMin = 3;

    private readonly Dictionary<string, int> _looks = [];

    /// <summary>
    /// The members of the other cluster when this one must give way, else nobody: the one with fewer processes does, and of
    /// two alike the one without the lowest address. Both see the same rows, so one stays.
    /// </summary>
    /// <param name="known">The addresses of all that this cluster takes for members, in reach or not.</param>
    /// <param name="reached">Those in reach, with this process.</param>
    /// <param name="living">Those that have renewed their rows since the last look.</param>
    public IReadOnlyCollection<string> FindWinners(IReadOnlyCollection<string> known, IReadOnlyCollection<string> reached, IEnumerable<string> living)
    {
        var foreign = living.Except(known, StringComparer.Ordinal).ToList();
        foreach (var gone in _looks.Keys.Except(foreign).ToList())
        {
            _looks.Remove(gone);
        }

        foreign.ForEach(address => _looks[address] = _looks.GetValueOrDefault(address) + 1);
        var others = foreign.Where(address => _looks[address] >= LooksMin).Order(StringComparer.Ordinal).ToList();
        var givesWay = others.Count > reached.Count
            || (others.Count == reached.Count && string.CompareOrdinal(others[0], reached.Min(StringComparer.Ordinal)) < 0);
        return givesWay ? others : [];
    }
}
