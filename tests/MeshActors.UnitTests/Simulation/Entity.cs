using System.Collections.Immutable;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

/// <summary>One stay of the organization's entity on a controller: decides, stores, publishes, answers; in that order, many commands at a time.</summary>
internal sealed class Entity
{
    private const int EntriesKept = 64;

    private readonly World _world;
    private readonly int _place;
    private readonly SortedSet<int> _feeds = [];
    private readonly GroupCommit<OrganizationState, Change, Waiting> _commit = new(OrganizationState.Initial);
    private ImmutableList<Row> _recent;
    private ImmutableArray<Change> _writing = [];
    private bool _isFresh = true;
    private bool _stopsWhenStored;

    public Entity(World world, int place, int number)
    {
        _world = world;
        _place = place;
        Number = number;
        var (state, revision) = world.Journal.Recover();
        _commit.Restore(state, revision);
        _recent = [.. world.Journal.Rows.TakeLast(EntriesKept)];
    }

    public int Number { get; }

    public long Revision => _commit.Revision;

    public bool IsStopped { get; private set; }

    /// <summary>Waits for what was decided before it, as the stop message does.</summary>
    public void Stop()
    {
        _stopsWhenStored = _commit.IsAhead;
        IsStopped = !_commit.IsAhead;
    }

    public void Receive(Envelope envelope)
    {
        switch (envelope.Message)
        {
            case Message.Execute execute:
                Execute(execute, envelope.From);
                break;
            case Message.Subscribe subscribe:
                Subscribe(subscribe, envelope.From);
                break;
        }

        _isFresh = false;
    }

    public void Written(bool isStored)
    {
        if (!isStored)
        {
            foreach (var waiting in _commit.Abandon())
            {
                Answer(waiting with { Outcome = new Outcome.Unknown() });
            }

            IsStopped = true;
            return;
        }

        var rows = RowsOf(_writing);
        _recent = _recent.AddRange(rows);
        _recent = _recent.RemoveRange(0, Math.Max(0, _recent.Count - EntriesKept));
        _commit.EndWrite();
        if (_world.Behaviour.Order != StoreOrder.PublishThenStore)
        {
            Publish(rows);
        }

        GoOn();
        IsStopped = _stopsWhenStored && !_commit.IsAhead;
    }

    private void Execute(Message.Execute message, int caller)
    {
        var state = _world.Behaviour.Order == StoreOrder.DecideOnStored ? _commit.Stored : _commit.Ahead;
        switch (_world.Behaviour.Decide(state, message.Request.Command, message.Request.Time))
        {
            case Decision<OrganizationEvent>.Rejected(var reason):
                Answer(message, caller, new Outcome.Refused(reason), isEarly: _world.Behaviour.Order == StoreOrder.RefuseThenStore);
                break;
            case Decision<OrganizationEvent>.Accepted({ IsEmpty: true }):
                Answer(message, caller, Done(message.Request.Command), isEarly: _world.Behaviour.Order == StoreOrder.RepeatThenStore);
                break;
            case Decision<OrganizationEvent>.Accepted(var events):
                _commit.Add(
                    [.. events.Select(e => new Change(e, message.Request))],
                    events.Aggregate(_commit.Ahead, _world.Behaviour.Evolve));
                GoOn();
                Answer(message, caller, Done(message.Request.Command), isEarly: _world.Behaviour.Order == StoreOrder.AnswerThenStore);
                break;
        }
    }

    private void Answer(Message.Execute message, int caller, Outcome outcome, bool isEarly)
    {
        var waiting = new Waiting(caller, message.Ask, outcome);
        if (isEarly)
        {
            Answer(waiting);
            return;
        }

        _commit.Answer(waiting);
        GoOn();
    }

    private void GoOn()
    {
        while (_commit.TryTakeAnswer(out var due))
        {
            Answer(due);
        }

        if (_commit.BeginWrite() is not [_, ..] batch)
        {
            return;
        }

        _writing = batch;
        _world.Send(_place, World.Database, new Message.Write(Number, Revision + 1, batch));
        if (_world.Behaviour.Order == StoreOrder.PublishThenStore)
        {
            Publish(RowsOf(batch));
        }
    }

    private ImmutableArray<Row> RowsOf(ImmutableArray<Change> batch) =>
        [.. batch.Select((change, index) => new Row(Revision + 1 + index, change.Event, change.Request))];

    // Who asks has seen more than this entity: another one lives, or did. It recovers before it says anything.
    private void Subscribe(Message.Subscribe message, int feed)
    {
        if (message.Have > Revision && _commit.IsAhead)
        {
            // Perhaps it is on its way to the journal; the feed asks again.
            return;
        }

        if (message.Have > Revision && !_isFresh)
        {
            IsStopped = true;
            return;
        }

        _feeds.Add(feed);
        _world.Send(_place, feed, Missed(message.Have) is { } missed
            ? new Message.Entries(missed, message.Number)
            : new Message.Whole(Revision, _commit.Stored, message.Number));
    }

    private ImmutableArray<Row>? Missed(long have) =>
        have == 0 ? null
        : have == Revision ? []
        : have < Revision && _recent is [var oldest, ..] && oldest.Revision <= have + 1 ? [.. _recent.Where(row => row.Revision > have)]
        : null;

    private void Publish(ImmutableArray<Row> rows)
    {
        foreach (var feed in _feeds)
        {
            _world.Send(_place, feed, new Message.Entries(rows, 0));
        }
    }

    private void Answer(Waiting waiting) => _world.Send(_place, waiting.Caller, new Message.Answer(waiting.Ask, waiting.Outcome));

    private Outcome.Done Done(OrganizationCommand command) => new(_commit.AheadRevision, NodeOf(_commit.Ahead, command));

    public static Node? NodeOf(OrganizationState state, OrganizationCommand command) => command switch
    {
        OrganizationCommand.Join c => state.NodesByKey.TryGetValue(c.Key, out var id) ? state.Nodes[id] : null,
        OrganizationCommand.Announce c => state.Nodes.GetValueOrDefault(c.Node),
        OrganizationCommand.ReportEndpoints c => state.Nodes.GetValueOrDefault(c.Node),
        OrganizationCommand.RemoveNode c => state.Nodes.GetValueOrDefault(c.Node),
        _ => null,
    };

    private readonly record struct Waiting(int Caller, int Ask, Outcome Outcome);
}
