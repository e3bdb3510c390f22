using Akka.Actor;
using Akka.Event;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Storage;
using MeshActors.Domain;

namespace MeshActors.Cluster.Projections;

/// <summary>
/// Keeps the views of the organizations that live in this process near their journals: told by them after they have
/// stored, and by a slow look at all journals for what was not heard.
/// </summary>
/// <remarks>
/// One in each process and not one in the cluster: it needs no message between processes and no place to fail over from,
/// and an organization lives in one process alone. Where two are at the same view, one of them finds that it is elsewhere.
/// </remarks>
internal sealed class ProjectorActor : ReceiveActor, IWithTimers
{
    public const string ActorName = "projector";

    /// <summary>What comes within it is projected in one transaction: a burst of joins then costs few of them. A search waits for longer than that.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(500);

    /// <summary>Under load it gathers for 19 times as long as it worked: views then cost a twentieth of the time, and joins come first.</summary>
    private const int RestShare = 19;

    /// <summary>
    /// No longer, so that few revisions are missing: what a view does not have yet, a search reads from the journal. Where many
    /// organizations make one round long, four times as long as that: few of each one's are missing then.
    /// </summary>
    private static readonly TimeSpan GatheringMax = TimeSpan.FromSeconds(5);

    private const int RestShareMin = 4;

    /// <summary>Between two looks at all journals: what was not heard of is seen by then.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(30);

    /// <summary>The first one lets the process start in peace.</summary>
    private static readonly TimeSpan FirstSweep = TimeSpan.FromSeconds(2);

    private readonly Projecting _projecting;
    private readonly ProjectionTables _tables;
    private readonly JournalHeads _heads;
    private readonly ProjectionLag _lag;
    private readonly TimeProvider _time;
    private readonly Action _stop;
    private readonly CancellationToken _stopping;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<OrganizationId> _due = [];
    private readonly Queue<OrganizationId> _round = [];
    private readonly HashSet<OrganizationId> _faulty = [];
    private long _workBegan;
    private bool _isWorking;
    private bool _isSweepDue;
    private bool _hasSwept;

    public ProjectorActor(JournalDatabase database, ProjectionLag lag, TimeProvider time)
    {
        _tables = new ProjectionTables(database);
        _projecting = new Projecting(database, _tables, time);
        _heads = new JournalHeads(_tables);
        _lag = lag;
        _time = time;
        var stopping = new CancellationTokenSource();
        (_stop, _stopping) = (stopping.Cancel, stopping.Token);
        Receive<JournalGrew>(Note);
        Receive<Work>(_ => Begin());
        Receive<Sweep>(_ =>
        {
            _isSweepDue = true;
            Begin();
        });
        Receive<Projected>(End);
        Receive<Swept>(End);
        Receive<Status.Failure>(fault =>
        {
            _log.Error(fault.Cause, "The projection failed in a way that nobody thought of.");
            Next();
        });
        Receive<StopEntity>(_ =>
        {
            _stop();
            StopWhenIdle();
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(JournalDatabase database, ProjectionLag lag, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new ProjectorActor(database, lag, time));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe<JournalGrew>(Self);
        Timers.StartPeriodicTimer("sweep", Sweep.Instance, FirstSweep, SweepInterval);
    }

    protected override void PostStop() => _stop();

    /// <summary>The database's files must not be in use when the process says that it has ended.</summary>
    private void StopWhenIdle()
    {
        if (!_isWorking)
        {
            Context.Stop(Self);
        }
    }

    private void Note(JournalGrew grew)
    {
        _lag.Journal(grew.Organization, grew.Revision);
        _due.Add(grew.Organization);
        if (!_isWorking && !Timers.IsTimerActive("work"))
        {
            Timers.StartSingleTimer("work", Work.Instance, Gathering);
        }
    }

    // One thing at a time: the database's writers come first. All that are due, then a look if one is due, then whoever grew meanwhile.
    private void Begin()
    {
        if (_isWorking || _stopping.IsCancellationRequested)
        {
            return;
        }

        if (_round.Count == 0)
        {
            _workBegan = _time.GetTimestamp();
            if (_isSweepDue)
            {
                _isWorking = true;
                _isSweepDue = false;
                SweepAsync().PipeTo(Self);
                return;
            }

            foreach (var organization in _due)
            {
                _round.Enqueue(organization);
            }

            _due.Clear();
        }

        if (_round.TryDequeue(out var next))
        {
            _isWorking = true;
            ProjectAsync(next).PipeTo(Self);
        }
    }

    private async Task<Projected> ProjectAsync(OrganizationId organization)
    {
        try
        {
            return new Projected(organization, await Task.Run(() => _projecting.CatchUpAsync(organization, _stopping)).ConfigureAwait(false), null);
        }
        catch (Exception e) when (e is MeshUnavailableException or OperationCanceledException)
        {
            return new Projected(organization, 0, e.Message);
        }
    }

    private async Task<Swept> SweepAsync()
    {
        try
        {
            var heads = await Task.Run(() => _heads.ReadAsync(_stopping)).ConfigureAwait(false);
            var views = await _tables.AllAsync(_stopping).ConfigureAwait(false);
            await Task.Run(() => _tables.SweepAsync(token => _projecting.GiveWayAsync(TimeSpan.FromMilliseconds(10), token), _stopping)).ConfigureAwait(false);
            var serving = views.Where(view => view.State == ViewState.Serving).ToDictionary(view => view.Organization, view => view.Revision);
            return new Swept(heads.ToDictionary(head => head.Key, head => (head.Value, serving.GetValueOrDefault(head.Key))), null);
        }
        catch (Exception e) when (e is MeshUnavailableException or OperationCanceledException)
        {
            return new Swept([], e.Message);
        }
    }

    private void End(Projected done)
    {
        if (done.Fault is null)
        {
            _lag.Projected(done.Organization, done.Revision);
            _faulty.Remove(done.Organization);
        }
        // Once until it is well again: the next look at it is in seconds.
        else if (_faulty.Add(done.Organization) && !_stopping.IsCancellationRequested)
        {
            _log.Warning("Lists and searches of organization '{0}' read its journal until this is well again: {1}", done.Organization, done.Fault);
        }

        Next();
    }

    private void End(Swept swept)
    {
        foreach (var (organization, (journal, projected)) in swept.Organizations)
        {
            _lag.Seen(organization, journal, projected);
            // The first time all of them: whether the journal is still the one that was projected is looked at then.
            if (journal != projected || !_hasSwept)
            {
                _due.Add(organization);
            }
        }

        _hasSwept |= swept.Fault is null;
        if (swept.Fault is not null && !_stopping.IsCancellationRequested)
        {
            _log.Warning("The journals could not be looked through for what is to be projected; tried again in {0} s: {1}", SweepInterval.TotalSeconds, swept.Fault);
        }

        Next();
    }

    private void Next()
    {
        _isWorking = false;
        if (_stopping.IsCancellationRequested)
        {
            StopWhenIdle();
        }
        else if (_round.Count > 0)
        {
            Begin();
        }
        else if (_due.Count > 0 || _isSweepDue)
        {
            // Busy organizations gather, too.
            Timers.StartSingleTimer("work", Work.Instance, _isSweepDue ? TimeSpan.Zero : GatheringAfter(_time.GetElapsedTime(_workBegan)));
        }
    }

    internal static TimeSpan GatheringAfter(TimeSpan took) =>
        TimeSpan.FromTicks(Math.Clamp(RestShare * took.Ticks, Gathering.Ticks, Math.Max(GatheringMax.Ticks, RestShareMin * took.Ticks)));

    private sealed record Work
    {
        public static readonly Work Instance = new();
    }

    private sealed record Sweep
    {
        public static readonly Sweep Instance = new();
    }

    private sealed record Projected(OrganizationId Organization, long Revision, string? Fault);

    private sealed record Swept(Dictionary<OrganizationId, (long Journal, long Projected)> Organizations, string? Fault);
}
