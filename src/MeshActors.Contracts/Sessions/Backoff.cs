using System.Security.Cryptography;

namespace MeshActors.Contracts.Sessions;

/// <summary>Waits longer after each failure, each time a random part of it, so that many agents do not come back in step.</summary>
public sealed class Backoff
{
    private const int FirstMilliseconds = 200;
    private const int LongestMilliseconds = 15_000;

    private int _limitMilliseconds = FirstMilliseconds;

    public void Reset() => _limitMilliseconds = FirstMilliseconds;

    /// <summary>Half to all of the present limit, which then doubles.</summary>
    public TimeSpan Next()
    {
        var wait = RandomNumberGenerator.GetInt32(_limitMilliseconds / 2, _limitMilliseconds + 1);
        _limitMilliseconds = Math.Min(_limitMilliseconds * 2, LongestMilliseconds);
        return TimeSpan.FromMilliseconds(wait);
    }
}
