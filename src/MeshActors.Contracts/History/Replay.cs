using System.Security.Cryptography;
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
    private readonly byte[] _lastHash = new byte[SHA256.HashSizeInBytes];

    public OrganizationState State { get; private set; } = OrganizationState.Initial;

    /// <summary>Of the last row that was taken; 0 before the first.</summary>
    public long Revision { get; private set; }

    /// <summary>SHA-256 of the last row; empty before the first.</summary>
    public ReadOnlySpan<byte> LastHash => Revision == 0 ? [] : _lastHash;

    /// <param name="lastHash">SHA-256 of the row at that revision; empty for revision 0.</param>
    public static Replay From(OrganizationState state, long revision, ReadOnlySpan<byte> lastHash)
    {
        var replay = new Replay { State = state, Revision = revision };
        lastHash.CopyTo(replay._lastHash);
        return replay;
    }

    /// <summary>Takes the row that follows, or says what is wrong with it and stays where it was.</summary>
    /// <param name="read">The row as the domain understands it; null when it is not taken.</param>
    public Refusal? TryAdd(in JournalRow row, out OrganizationRow? read)
    {
        read = null;
        if (row.Revision != Revision + 1)
        {
            return new Refusal(RefusalCodes.JournalGap, $"Revision {Revision + 1} is due, and {row.Revision} follows revision {Revision}.");
        }

        if (Decode(row, out var decoded) is { } unreadable)
        {
            return unreadable;
        }

        if (!decoded!.PreviousHash.Span.SequenceEqual(LastHash))
        {
            return new Refusal(RefusalCodes.JournalChain, Revision == 0
                ? "Revision 1 carries the hash of a row before it, and there is none."
                : $"Revision {row.Revision} does not carry the hash of revision {Revision}: one of the two was changed after it was written.");
        }

        if (Take(decoded.Event, row.Revision) is { } contradiction)
        {
            return contradiction;
        }

        SHA256.HashData(row.Bytes.Span, _lastHash);
        read = decoded;
        return null;
    }

    private static Refusal? Decode(in JournalRow row, out OrganizationRow? decoded)
    {
        try
        {
            decoded = JournalMapping.Decode(row.Manifest, row.Bytes.Span);
            return null;
        }
        catch (FormatException e)
        {
            decoded = null;
            return new Refusal(RefusalCodes.JournalRow, $"Revision {row.Revision} cannot be read: {e.Message}");
        }
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
            Revision = revision;
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
