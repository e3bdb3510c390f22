using System.Collections.Immutable;

namespace MeshActors.Domain;

/// <summary>
/// Commands are decided one at a time, each in the state that those before it made; what they store goes out in batches;
/// and an answer is due once everything that was decided before it, and so may have led to it, is stored.
/// </summary>
/// <remarks>
/// One batch is on its way at a time, and the next one gathers meanwhile: a lone command waits for no company, and a storm
/// pays for one write where it made many. A batch is stored whole or not at all.
/// </remarks>
public sealed class GroupCommit<TState, TEntry, TAnswer>(TState initial)
{
    /// <summary>
    /// Entries of a batch, but for one command that has more. A write of so many takes some ten times as long as that of one, so a
    /// twentieth for each; a longer one would gain little, and others wait for their turn.
    /// </summary>
    public const int EntriesMax = 200;

    /// <summary>Commands and answers that wait: what the journal stores in the two seconds after which a caller asks again.</summary>
    public const int WaitingMax = 2_000;

    private readonly Queue<Change> _changes = [];
    private readonly Queue<(long RestsOn, TAnswer Answer)> _answers = [];
    private int _writing;

    /// <summary>What the journal has, and all that others may be shown.</summary>
    public TState Stored { get; private set; } = initial;

    /// <summary>The journal's sequence number of the last entry in it.</summary>
    public long Revision { get; private set; }

    /// <summary>What the journal will have when all that is decided is stored.</summary>
    public TState Ahead { get; private set; } = initial;

    public long AheadRevision { get; private set; }

    public bool IsAhead => AheadRevision > Revision;

    public bool IsFull => _changes.Count >= WaitingMax || _answers.Count >= WaitingMax;

    /// <summary>Stored already: an entry or a snapshot that was read.</summary>
    public void Restore(TState state, long revision)
    {
        Stored = Ahead = state;
        Revision = AheadRevision = revision;
    }

    /// <param name="entries">Of one command: stored together or not at all.</param>
    /// <param name="after">The state that they make of the one ahead.</param>
    public void Add(ImmutableArray<TEntry> entries, TState after)
    {
        _changes.Enqueue(new Change(entries, after));
        Ahead = after;
        AheadRevision += entries.Length;
    }

    /// <summary>It is due when all that was added before it is stored.</summary>
    public void Answer(TAnswer answer) => _answers.Enqueue((AheadRevision, answer));

    /// <summary>The next batch to write; empty while one is on its way, and when there is none.</summary>
    public ImmutableArray<TEntry> BeginWrite()
    {
        if (_writing > 0)
        {
            return [];
        }

        var batch = ImmutableArray.CreateBuilder<TEntry>();
        foreach (var change in _changes)
        {
            if (_writing > 0 && batch.Count + change.Entries.Length > EntriesMax)
            {
                break;
            }

            batch.AddRange(change.Entries);
            _writing++;
        }

        return batch.ToImmutable();
    }

    /// <summary>The batch on its way is stored, whole.</summary>
    public void EndWrite()
    {
        for (; _writing > 0; _writing--)
        {
            var change = _changes.Dequeue();
            Stored = change.After;
            Revision += change.Entries.Length;
        }
    }

    /// <summary>The next answer that is due, in the order in which they were given.</summary>
    public bool TryTakeAnswer(out TAnswer answer)
    {
        (var restsOn, answer) = _answers.TryPeek(out var first) ? first : (long.MaxValue, default!);
        if (restsOn > Revision)
        {
            return false;
        }

        _answers.Dequeue();
        return true;
    }

    /// <summary>The batch on its way may be stored or not, so nothing that was decided with it or after it holds: who waits, in order.</summary>
    public IReadOnlyList<TAnswer> Abandon()
    {
        var waiting = _answers.Select(pair => pair.Answer).ToList();
        _answers.Clear();
        _changes.Clear();
        _writing = 0;
        return waiting;
    }

    private readonly record struct Change(ImmutableArray<TEntry> Entries, TState After);
}
