using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Contracts.History;

/// <summary>
/// Rebuilds an organization row by row, and believes none of them: no gap, an unbroken chain of hashes, readable bytes,
/// and an event that can follow from what was before. It holds the organization, not the log.
/// </summary>
public sealed class Replay
{
    private readonly Chain _chain;

    public Replay()
        : this(OrganizationState.Initial, new Chain())
    {
    }

    private Replay(OrganizationState state, Chain chain)
    {
        State = state;
        _chain = chain;
    }

    public OrganizationState State { get; private set; }

    /// <summary>Of the last row that was taken; 0 before the first.</summary>
    public long Revision => _chain.Revision;

    /// <summary>SHA-256 of the last row; empty before the first.</summary>
    public ReadOnlySpan<byte> LastHash => _chain.LastHash;

    /// <param name="lastHash">SHA-256 of the row at that revision; empty for revision 0.</param>
    public static Replay From(OrganizationState state, long revision, ReadOnlySpan<byte> lastHash) =>
        new(state, Chain.After(revision, lastHash));

    /// <summary>Takes the row that follows, or says what is wrong with it and stays where it was.</summary>
    /// <param name="read">The row as the domain understands it; null when it is not taken.</param>
    public Refusal? TryAdd(in JournalRow row, out OrganizationRow? read)
    {
        if ((_chain.Check(row, out read) ?? Take(read!.Event, row.Revision)) is { } fault)
        {
            read = null;
            return fault;
        }

        _chain.Advance(row);
        return null;
    }

    private Refusal? Take(OrganizationEvent @event, long revision)
    {
        try
        {
            if (Organization.FindContradiction(State, @event) is { } why)
            {
                return Contradicts(revision, why);
            }

            State = Organization.Evolve(State, @event);
            return null;
        }
        catch (InvalidOperationException e)
        {
            return Contradicts(revision, e.Message);
        }
    }

    private static Refusal Contradicts(long revision, string why) => new(RefusalCodes.JournalContradiction,
        $"Revision {revision} contradicts what was before it: {why}");
}
