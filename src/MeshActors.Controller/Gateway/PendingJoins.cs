using MeshActors.Domain;

namespace MeshActors.Controller.Gateway;

/// <summary>
/// Bounds the joins that are under way, and serves organizations in turn: the storm of one makes its own machines wait, and no
/// other's.
/// </summary>
/// <remarks>
/// An organization may hold as many places as it leaves free: alone a half of them, beside another's storm a third. So there is
/// a place at once for who comes next, and nobody's share has to be known.
/// </remarks>
/// <param name="max">Joins under way; and as many that have not yet said of which organization they are.</param>
/// <param name="servedMax">Of these, those that are being decided and stored; the others wait for the agent, or in line.</param>
internal sealed class PendingJoins(int max, int servedMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<OrganizationId, Line> _lines = [];
    private readonly Queue<Line> _order = new();
    private int _strangers;
    private int _named;
    private int _served;

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
            if (line.Served < servedMax - _served && line.TryServe())
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

    private void Leave(Line? line, bool isServed)
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

            if (isServed)
            {
                line.Served--;
                _served--;
                Serve();
            }
        }
    }

    /// <summary>Of one join, until it is answered.</summary>
    internal sealed class Place(PendingJoins joins) : IDisposable
    {
        private Line? _line;
        private bool _isServed;

        /// <summary>False: its organization has as many joins under way as it may.</summary>
        public bool TryName(OrganizationId organization) => (_line = joins.TryName(organization)) is not null;

        /// <summary>Waits until its organization is served.</summary>
        public async Task WaitForTurnAsync(CancellationToken cancellationToken)
        {
            await joins.WaitForTurnAsync(_line!, cancellationToken).ConfigureAwait(false);
            _isServed = true;
        }

        public void Dispose() => joins.Leave(_line, _isServed);
    }

    internal sealed class Line(OrganizationId organization)
    {
        public OrganizationId Organization { get; } = organization;

        public Queue<TaskCompletionSource> Waiting { get; } = new();

        public int Named { get; set; }

        public int Served { get; set; }

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
