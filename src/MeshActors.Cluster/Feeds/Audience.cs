namespace MeshActors.Cluster.Feeds;

/// <summary>The streams of one feed, to be woken together: in slices, one after the other on a thread of the pool.</summary>
internal sealed class Audience
{
    /// <summary>A stream that is woken writes at once, in some 16 us: two milliseconds a slice, and every processor gets one.</summary>
    private const int SliceMax = 128;

    private readonly Lock _gate = new();
    private readonly Stack<int> _free = [];
    private Following?[] _seats = new Following?[4];
    private int _used;

    /// <returns>The seat, to give back.</returns>
    public int Enter(Following following)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var seat))
            {
                seat = _used++;
                if (_seats.Length < _used)
                {
                    Array.Resize(ref _seats, _used * 2);
                }
            }

            Volatile.Write(ref _seats[seat], following);
            return seat;
        }
    }

    public void Leave(int seat)
    {
        lock (_gate)
        {
            _seats[seat] = null;
            _free.Push(seat);
        }
    }

    /// <summary>Who enters meanwhile sees the newest picture without it, and who leaves is woken once for nothing.</summary>
    public void Wake()
    {
        Following?[] seats;
        int used;
        lock (_gate)
        {
            (seats, used) = (_seats, _used);
        }

        for (var from = 0; from < used; from += SliceMax)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new Slice(seats, from, Math.Min(from + SliceMax, used)), preferLocal: false);
        }
    }

    private sealed class Slice(Following?[] seats, int from, int to) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            for (var seat = from; seat < to; seat++)
            {
                Volatile.Read(ref seats[seat])?.WakeHere();
            }
        }
    }
}
