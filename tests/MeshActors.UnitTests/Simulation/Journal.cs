using System.Collections.Immutable;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

/// <summary>The one database: rows of one organization, with the rule that a sequence number is given once.</summary>
internal sealed class Journal(Behaviour behaviour)
{
    private readonly List<Row> _rows = [];
    private readonly List<OrganizationState> _states = [OrganizationState.Initial];

    public IReadOnlyList<Row> Rows => _rows;

    public bool IsUp { get; set; } = true;

    /// <summary>All or none, as one transaction.</summary>
    public bool TryAppend(long first, ImmutableArray<Change> batch)
    {
        var isNext = first == _rows.Count + 1;
        if (behaviour.IsFenced && !isNext)
        {
            return false;
        }

        _rows.AddRange(batch.Take(behaviour.Stored(batch.Length)).Select((change, index) => new Row(first + index, change.Event, change.Request)));
        return true;
    }

    /// <summary>What an entity makes of the rows; throws where they contradict one another.</summary>
    public (OrganizationState State, long Revision) Recover()
    {
        for (var next = _states.Count; next <= _rows.Count; next++)
        {
            var row = _rows[next - 1];
            _states.Add(row.Revision == next
                ? behaviour.Evolve(_states[^1], row.Event)
                : throw new InvalidOperationException($"The journal has revision {row.Revision} where {next} belongs."));
        }

        return (_states[_rows.Count], _rows.Count);
    }
}
