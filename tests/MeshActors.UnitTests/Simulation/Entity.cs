using System.Collections.Immutable;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

/// <summary>One stay of the organization's entity on a controller: decides, stores, publishes, answers; in that order.</summary>
internal sealed class Entity
{
    private const int EntriesKept = 64;

    private readonly World _world;
    private readonly int _place;
    private readonly SortedSet<int> _feeds = [];
    private readonly Queue<Envelope> _stash = [];
    private ImmutableList<Row> _recent;
    private OrganizationState _state;
    private (Message.Execute Message, int Caller, ImmutableArray<OrganizationEvent> Events)? _writing;
    private bool _isFresh = true;
    private bool _stopsAfterWrite;

    public Entity(World world, int place, int number)
    {
        _world = world;
        _place = place;
        Number = number;
        (_state, Revision) = world.Journal.Recover();
        _recent = [.. world.Journal.Rows.TakeLast(EntriesKept)];
    }

    public int Number { get; }

    public long Revision { get; private set; }

    public bool IsStopped { get; private set; }

    public bool IsWriting => _writing is not null;

    /// <summary>Waits behind a running write, as the stop message does.</summary>
    public void Stop()
    {
        _stopsAfterWrite = IsWriting;
        IsStopped = !IsWriting;
    }

    public void Receive(Envelope envelope)
    {
        if (IsWriting)
        {
            _stash.Enqueue(envelope);
            return;
        }

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
        if (_writing is not var (message, caller, events))
        {
            return;
        }

        _writing = null;
        if (!isStored)
        {
            Answer(caller, message, new Outcome.Unknown());
            IsStopped = true;
            return;
        }

        Apply(events, message.Request);
        if (_world.Behaviour.Order != StoreOrder.PublishThenStore)
        {
            Publish([.. _recent.TakeLast(events.Length)]);
        }

        if (_world.Behaviour.Order != StoreOrder.AnswerThenStore)
        {
            Answer(caller, message, Done(message.Request.Command));
        }

        IsStopped = _stopsAfterWrite;
        while (!IsStopped && !IsWriting && _stash.TryDequeue(out var next))
        {
            Receive(next);
        }
    }

    private void Execute(Message.Execute message, int caller)
    {
        switch (_world.Behaviour.Decide(_state, message.Request.Command, message.Request.Time))
        {
            case Decision<OrganizationEvent>.Rejected(var reason):
                Answer(caller, message, new Outcome.Refused(reason));
                break;
            case Decision<OrganizationEvent>.Accepted({ IsEmpty: true }):
                Answer(caller, message, Done(message.Request.Command));
                break;
            case Decision<OrganizationEvent>.Accepted(var events):
                Store(message, caller, events);
                break;
        }
    }

    private void Store(Message.Execute message, int caller, ImmutableArray<OrganizationEvent> events)
    {
        _writing = (message, caller, events);
        _world.Send(_place, World.Database, new Message.Write(Number, Revision + 1, events, message.Request));
        if (_world.Behaviour.Order == StoreOrder.PublishThenStore)
        {
            Publish([.. events.Select((e, index) => new Row(Revision + 1 + index, e, message.Request, 0))]);
        }
        else if (_world.Behaviour.Order == StoreOrder.AnswerThenStore)
        {
            var after = events.Aggregate(_state, _world.Behaviour.Evolve);
            Answer(caller, message, new Outcome.Done(Revision + events.Length, NodeOf(after, message.Request.Command)));
        }
    }

    private void Apply(ImmutableArray<OrganizationEvent> events, Request request)
    {
        foreach (var e in events)
        {
            _state = _world.Behaviour.Evolve(_state, e);
            Revision++;
            _recent = _recent.Add(new Row(Revision, e, request, 0));
        }

        _recent = _recent.RemoveRange(0, Math.Max(0, _recent.Count - EntriesKept));
    }

    // Who asks has seen more than this entity: another one lives, or did. It recovers before it says anything.
    private void Subscribe(Message.Subscribe message, int feed)
    {
        if (message.Have > Revision && !_isFresh)
        {
            IsStopped = true;
            return;
        }

        _feeds.Add(feed);
        _world.Send(_place, feed, Missed(message.Have) is { } missed
            ? new Message.Entries(missed, message.Number)
            : new Message.Whole(Revision, _state, message.Number));
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

    private void Answer(int caller, Message.Execute message, Outcome outcome) => _world.Send(_place, caller, new Message.Answer(message.Ask, outcome));

    private Outcome.Done Done(OrganizationCommand command) => new(Revision, NodeOf(_state, command));

    public static Node? NodeOf(OrganizationState state, OrganizationCommand command) => command switch
    {
        OrganizationCommand.Join c => state.NodesByKey.TryGetValue(c.Key, out var id) ? state.Nodes[id] : null,
        OrganizationCommand.Announce c => state.Nodes.GetValueOrDefault(c.Node),
        OrganizationCommand.ReportEndpoints c => state.Nodes.GetValueOrDefault(c.Node),
        OrganizationCommand.RemoveNode c => state.Nodes.GetValueOrDefault(c.Node),
        _ => null,
    };
}
