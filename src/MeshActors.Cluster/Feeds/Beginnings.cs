namespace MeshActors.Cluster.Feeds;

/// <summary>
/// When the new feeds of this process ask for their first picture. After another process left many begin at once, beside the
/// organizations that move here and the joins that wait for those.
/// </summary>
internal sealed class Beginnings(TimeProvider time)
{
    /// <summary>
    /// From one question to the next, for each node of the last picture that came from another process: such a picture takes
    /// both some 15 us of a processor a node, to write, to read and to make the map. Two thirds are left for what waits.
    /// </summary>
    private static readonly TimeSpan ForEachNode = TimeSpan.FromMicroseconds(45);

    /// <summary>
    /// The second of several waits as long as so many: where feeds begin together a process has left, and the organizations
    /// themselves, with the joins that wait for them, come first. Agents keep their maps meanwhile.
    /// </summary>
    private const int HeadStart = 10;

    /// <summary>The longest that a feed waits, and its agents without news: they keep their maps.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly long _origin = time.GetTimestamp();
    private TimeSpan _next;
    private TimeSpan _apart;

    /// <summary>How long a feed that begins now has to wait: each is given a moment of its own.</summary>
    public TimeSpan Wait()
    {
        lock (_lock)
        {
            var now = time.GetElapsedTime(_origin);
            var moment = Longer(_next, now);
            _next = Shorter(Longer(moment + _apart, now + (HeadStart * _apart)), now + WaitMax);
            return moment - now;
        }
    }

    /// <summary>A first picture came from another process.</summary>
    public void Took(int nodes)
    {
        lock (_lock)
        {
            var now = time.GetElapsedTime(_origin);
            var apart = ForEachNode * nodes;
            if (apart < _apart)
            {
                // Small organizations do not wait as if they were large.
                _next = now + (Longer(_next - now, TimeSpan.Zero) * (apart / _apart));
            }

            _apart = apart;
        }
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
