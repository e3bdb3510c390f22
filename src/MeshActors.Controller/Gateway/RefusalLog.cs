using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MeshActors.Cluster.Telemetry;

namespace MeshActors.Controller.Gateway;

/// <summary>
/// Counts what is refused, and lets one line through for a peer and a cause within a window: a peer that is refused comes
/// back every few seconds, for days.
/// </summary>
/// <param name="pairsMax">Peers and causes that are remembered. Those beyond share one line for a cause.</param>
internal sealed class RefusalLog(TimeSpan window, int pairsMax, TimeProvider time)
{
    /// <summary>Long enough to be quiet, short enough to be there when an operator looks.</summary>
    public static readonly TimeSpan DefaultWindow = TimeSpan.FromMinutes(10);

    /// <summary>About 100 bytes each, and with an operator's whole sentence 700.</summary>
    public const int DefaultPairsMax = 4096;

    private static readonly Counter<long> Refusals = MeshMeter.Counter(
        "mesh.refusals", "{refusal}", "What was refused, by code and by door: join, stream, admin, edge (Akka remoting), region.");

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Peer, string Cause), Said> _said = [];
    private readonly ConcurrentDictionary<(string Door, string Code), long> _counts = [];

    /// <summary>Since the start.</summary>
    public IReadOnlyDictionary<(string Door, string Code), long> Counts => _counts;

    /// <summary>Counts a refusal.</summary>
    /// <param name="door">One of <see cref="Doors"/>.</param>
    /// <param name="peer">Whatever tells this peer from others; of any length, and made by it.</param>
    /// <param name="code">Of a closed list.</param>
    /// <param name="cause">Where the code does not tell causes apart; without what the peer has made up.</param>
    /// <returns>Null: said within the window, so be quiet. Else how often it was kept quiet since it was said last.</returns>
    public long? Enter(string door, string peer, string code, string? cause = null)
    {
        Refusals.Add(1, MeshMeter.Tag("door", door), MeshMeter.Tag("code", code));
        _counts.AddOrUpdate((door, code), 1, static (_, count) => count + 1);
        return MayTell($"{door}/{peer}", cause ?? code);
    }

    private long? MayTell(string peer, string cause)
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

/// <summary>Where something is refused.</summary>
internal static class Doors
{
    public const string Join = "join";
    public const string Stream = "stream";
    public const string Admin = "admin";
    public const string Edge = "edge";
    public const string Region = "region";
}
