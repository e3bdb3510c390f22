using MeshActors.Domain;

namespace MeshActors.Controller.Gateway;

/// <summary>
/// Bounds the joins that are under way, and serves organizations in turn: the storm of one makes its own machines wait, and no
/// other's.
/// </summary>
/// <remarks>
/// An organization may hold as many places as it leaves free: alone a half of them, beside another's storm a third. So there is
/// a place at once for who comes next, and nobody's share has to be known. Every step of a join stands in one line with those
/// of all others for a thread, so that while several organizations join each is served few at once.
/// </remarks>
/// <param name="max">Joins under way; and as many that have not yet said of which organization they are.</param>
/// <param name="servedMax">Of these, those that are being challenged, decided and stored; the others wait for the agent, or in line.</param>
/// <param name="processors">That this process may use.</param>
internal sealed class PendingJoins(int max, int servedMax, int processors, TimeProvider time)
{
    /// <summary>
    /// Of one organization beside others. When one and two were compared on a disk that stores in 0.2 ms, a join beside a storm
    /// took 6 to 15 and 12 to 15 ms (p99), and the storm joined 900 and 1,100 a second; four and sixteen cost a join half as much
    /// again and three times as much as two.
    /// </summary>
    private const int ServedBesideOthersMax = 1;

    /// <summary>
    /// How many times as long as a turn took its organization rests beside others while more of it stand in line. On two
    /// processors: the more there are, the less does a line take from others, and the shorter it rests. Compared there, a join
    /// beside a storm took (p99) 12 ms without rest, 7 to 10 with four times the turn and 3 ms at most, 5 to 8 with ten times and
    /// 8 ms; the storm joined 720, 225 and 145 a second.
    /// </summary>
    private const double RestFactor = 6;

    /// <summary>On two processors. A turn that took longer waited for its store, which keeps nobody from a processor.</summary>
    private static readonly TimeSpan RestMax = TimeSpan.FromMilliseconds(5);

    /// <summary>After the last join of another organization.</summary>
    private static readonly TimeSpan AloneAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<OrganizationId, Line> _lines = [];
    private readonly Queue<Line> _order = new();
    private int _strangers;
    private int _named;
    private int _served;
    private (OrganizationId Organization, long At)? _newest;
    private long? _othersAt;

    /// <summary>Null: too many are at the door.</summary>
    public Place? TryEnter()
    {
        lock (_gate)
        {
            if (_strangers >= max)
            {
                return null;
            }

            _strangers++;
            return new Place(this);
        }
    }

    private Line? TryName(OrganizationId organization)
    {
        lock (_gate)
        {
            var line = _lines.GetValueOrDefault(organization) ?? new Line(organization);
            if (line.Named >= max - _named)
            {
                return null;
            }

            _lines[organization] = line;
            line.Named++;
            _named++;
            _strangers--;
            return line;
        }
    }

    private void Joined(OrganizationId organization)
    {
        lock (_gate)
        {
            if (_newest is { } newest && newest.Organization != organization)
            {
                _othersAt = newest.At;
            }

            _newest = (organization, Now);
        }
    }

    private Task WaitForTurnAsync(Line line, CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (line.Waiting.Count == 0)
            {
                _order.Enqueue(line);
            }

            line.Waiting.Enqueue(turn);
            Serve();
        }

        return turn.Task.IsCompleted ? turn.Task : WaitAsync(turn, cancellationToken);
    }

    // Who gives up loses its turn, but for one that has just begun.
    private static async Task WaitAsync(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        using var ends = cancellationToken.UnsafeRegister(_ => turn.TrySetCanceled(cancellationToken), null);
        await turn.Task.ConfigureAwait(false);
        // Who is let in goes on at the thread that let it in, before all that waits for one; so a line would hold a thread from
        // its first to its last.
        await Task.Yield();
    }

    private void Serve()
    {
        while (_served < servedMax && TryServeOne())
        {
        }
    }

    // The next organization in turn that waits, but for those which hold as much as is free.
    private bool TryServeOne()
    {
        var isServed = false;
        for (var left = _order.Count; left > 0 && !isServed; left--)
        {
            var line = _order.Dequeue();
            var ofOne = IsBesideOthers(line) ? ServedBesideOthersMax : servedMax;
            if (!line.IsResting && line.Served < Math.Min(ofOne, servedMax - _served) && line.TryServe())
            {
                _served++;
                isServed = true;
            }

            if (line.Waiting.Count > 0)
            {
                _order.Enqueue(line);
            }
        }

        return isServed;
    }

    private long Now => time.GetTimestamp();

    // Who begins a storm is beside those that joined before.
    private bool IsBesideOthers(Line line) =>
        IsRecent(_othersAt) || (_newest is { } newest && newest.Organization != line.Organization && IsRecent(newest.At));

    private bool IsRecent(long? at) => at is { } then && time.GetElapsedTime(then) < AloneAfter;

    private void Leave(Line? line, long? servedAt)
    {
        lock (_gate)
        {
            if (line is null)
            {
                _strangers--;
                return;
            }

            _named--;
            if (--line.Named == 0)
            {
                _lines.Remove(line.Organization);
            }

            if (servedAt is { } at)
            {
                LetNext(line, at);
            }
        }
    }

    private void LetNext(Line line, long servedAt)
    {
        lock (_gate)
        {
            line.Served--;
            _served--;
            if (IsBesideOthers(line) && line.Waiting.Count > 0 && !line.IsResting)
            {
                line.IsResting = true;
                _ = RestAsync(line, time.GetElapsedTime(servedAt));
            }

            Serve();
        }
    }

    private async Task RestAsync(Line line, TimeSpan turn)
    {
        var rest = turn * RestFactor;
        await Task.Delay((rest < RestMax ? rest : RestMax) * 2 / processors, time).ConfigureAwait(false);
        lock (_gate)
        {
            line.IsResting = false;
            Serve();
        }
    }

    /// <summary>Of one join, until it is answered.</summary>
    internal sealed class Place(PendingJoins joins) : IDisposable
    {
        private Line? _line;
        private long? _servedAt;

        /// <summary>False: its organization has as many joins under way as it may.</summary>
        public bool TryName(OrganizationId organization) => (_line = joins.TryName(organization)) is not null;

        /// <summary>Waits until its organization is served.</summary>
        public async Task WaitForTurnAsync(CancellationToken cancellationToken)
        {
            await joins.WaitForTurnAsync(_line!, cancellationToken).ConfigureAwait(false);
            _servedAt = joins.Now;
        }

        /// <summary>Others are served few at once beside its organization: no stranger's request brings that about.</summary>
        public void Joined() => joins.Joined(_line!.Organization);

        /// <summary>Its agent has the word: it waits for its turn again.</summary>
        public void LetNext()
        {
            joins.LetNext(_line!, _servedAt!.Value);
            _servedAt = null;
        }

        public void Dispose() => joins.Leave(_line, _servedAt);
    }

    internal sealed class Line(OrganizationId organization)
    {
        public OrganizationId Organization { get; } = organization;

        public Queue<TaskCompletionSource> Waiting { get; } = new();

        public int Named { get; set; }

        public int Served { get; set; }

        public bool IsResting { get; set; }

        /// <summary>False: all who waited have given up.</summary>
        public bool TryServe()
        {
            while (Waiting.TryDequeue(out var turn))
            {
                if (turn.TrySetResult())
                {
                    Served++;
                    return true;
                }
            }

            return false;
        }
    }
}
