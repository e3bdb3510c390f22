using System.Collections.Immutable;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

/// <summary>The organization as one gateway follows it: state, map, and how to lead on from any map that it has had.</summary>
internal sealed class Feed(World world, int place)
{
    private const long AnswerMaxMs = 2_000;
    private const long RenewAfterMs = 5_000;

    private readonly SortedDictionary<long, MeshMap> _had = [];
    private readonly List<(long Revision, NodeId Node)> _changes = [];

    // Numbers grow over all incarnations: an answer to one that has died is none to the next.
    private readonly long _firstNumber = world.NextNumber();
    private long _number;
    private long _answered;
    private long _askedAt;

    public OrganizationState State { get; private set; } = OrganizationState.Initial;

    public MeshMap Map { get; private set; } = MeshMap.Empty;

    public long Revision => Map.Revision;

    public bool IsKnown => _had.Count > 0;

    /// <summary>Of the question that will tell what is stored now.</summary>
    public long NextNumber => world.NextNumber();

    public long Answered => _answered;

    public bool Knows(long revision, UInt128 digest) => _had.TryGetValue(revision, out var map) && map.Digest == digest;

    /// <summary>Null: a whole map is needed. The delta is null where a mutant drops it.</summary>
    public (bool IsKnown, MapDelta? Delta) From(long revision) => _had.TryGetValue(revision, out var map) && revision <= Revision
        ? (true, world.Behaviour.Delta(map, Map, _changes.Where(change => change.Revision > revision).Select(change => change.Node)))
        : (false, null);

    public void Tick()
    {
        if (world.Now - _askedAt > (_answered == _number ? RenewAfterMs : AnswerMaxMs))
        {
            Ask();
        }
    }

    public void AskIfIdle()
    {
        if (_answered == _number)
        {
            Ask();
        }
    }

    public void Take(Message.Entries message)
    {
        if (message.Number > 0 && message.Number < _firstNumber)
        {
            return;
        }

        _answered = Math.Max(_answered, message.Number);
        var news = message.Rows.Where(row => row.Revision > Revision).ToList();
        if (!IsKnown || (news is [var first, ..] && !world.Behaviour.Follows(Revision, first.Revision)))
        {
            AskIfIdle();
            return;
        }

        foreach (var row in news)
        {
            State = world.Behaviour.Evolve(State, row.Event);
            Show(Map.After(row.Event, State, row.Revision), MeshMap.Subject(row.Event) is { } node ? [node] : []);
        }
    }

    // An answer to an older question may come from an entity that has lost its place.
    public void Take(Message.Whole message)
    {
        if (message.Number < Math.Max(_answered, _firstNumber) || (IsKnown && message.Revision <= Revision))
        {
            return;
        }

        _answered = message.Number;
        var map = MeshMap.Of(message.State, message.Revision);
        var changed = map.Nodes.Keys.Concat(Map.Nodes.Keys).Distinct()
            .Where(id => !Equals(map.Nodes.GetValueOrDefault(id), Map.Nodes.GetValueOrDefault(id))).ToImmutableArray();
        State = message.State;
        Show(map, changed);
    }

    private void Ask()
    {
        _number = world.NextNumber();
        _askedAt = world.Now;
        world.Send(place, world.Controllers[place].Route, new Message.Subscribe(Revision, _number));
    }

    private void Show(MeshMap map, ImmutableArray<NodeId> changed)
    {
        Map = map;
        _had[map.Revision] = map;
        _changes.AddRange(changed.Select(node => (map.Revision, node)));
    }
}
