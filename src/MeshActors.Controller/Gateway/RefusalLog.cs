namespace MeshActors.Controller.Gateway;

/// <summary>
/// Lets one line through for a peer and a cause within a window: a peer that is refused comes back every few seconds, for
/// days.
/// </summary>
/// <param name="pairsMax">Peers and causes that are remembered. Those beyond share one line for a cause.</param>
internal sealed class RefusalLog(TimeSpan window, int pairsMax, TimeProvider time)
{
    /// <summary>Long enough to be quiet, short enough to be there when an operator looks.</summary>
    public static readonly TimeSpan DefaultWindow = TimeSpan.FromMinutes(10);

    /// <summary>About 100 bytes each.</summary>
    public const int DefaultPairsMax = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Peer, string Cause), Said> _said = [];

    /// <returns>Null: said within the window, so be quiet. Else how often it was kept quiet since it was said last.</returns>
    public long? Enter(string peer, string cause)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var pair = (peer, cause);
            if (!_said.ContainsKey(pair) && _said.Count >= pairsMax && !ForgetOld(now))
            {
                pair = ("", cause);
            }

            var known = _said.TryGetValue(pair, out var said);
            if (known && time.GetElapsedTime(said.At, now) < window)
            {
                _said[pair] = said with { Unsaid = said.Unsaid + 1 };
                return null;
            }

            _said[pair] = new Said(now, 0);
            return known ? said.Unsaid : 0;
        }
    }

    /// <returns>True when there is room.</returns>
    private bool ForgetOld(long now)
    {
        foreach (var (pair, said) in _said)
        {
            if (time.GetElapsedTime(said.At, now) >= window)
            {
                _said.Remove(pair);
            }
        }

        return _said.Count < pairsMax;
    }

    private readonly record struct Said(long At, long Unsaid);
}
