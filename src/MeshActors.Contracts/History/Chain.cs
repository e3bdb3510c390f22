using MeshActors.Contracts.Mapping;
using MeshActors.Domain;

namespace MeshActors.Contracts.History;

/// <summary>The end of a row of rows, each of which carries the hash of the one before: no gap, and nothing changed after it was written.</summary>
public sealed class Chain
{
    private byte[] _lastHash = [];

    /// <summary>Of the last row; 0 before the first.</summary>
    public long Revision { get; private set; }

    /// <summary>SHA-256 of the last row; empty before the first.</summary>
    public ReadOnlySpan<byte> LastHash => _lastHash;

    /// <param name="lastHash">SHA-256 of the row at that revision; empty for revision 0.</param>
    public static Chain After(long revision, ReadOnlySpan<byte> lastHash) => new() { Revision = revision, _lastHash = lastHash.ToArray() };

    /// <summary>A part of a journal that begins with this row: what it says of the row before it cannot be checked.</summary>
    /// <exception cref="FormatException">The row cannot be read.</exception>
    public static Chain Before(JournalRow first) =>
        After(first.Revision - 1, JournalMapping.Decode(first.Manifest, first.Bytes.Span).PreviousHash.Span);

    /// <summary>What is wrong with the row as the next one, or null.</summary>
    public Refusal? Check(in JournalRow row, out OrganizationRow? read)
    {
        read = null;
        if (row.Revision != Revision + 1)
        {
            return new Refusal(RefusalCodes.JournalGap, $"Revision {Revision + 1} is due, and {row.Revision} follows revision {Revision}.");
        }

        if (Decode(row, out read) is { } unreadable)
        {
            return unreadable;
        }

        return read!.PreviousHash.Span.SequenceEqual(_lastHash) ? null : new Refusal(RefusalCodes.JournalChain, Revision == 0
            ? "Revision 1 carries the hash of a row before it, and there is none."
            : $"Revision {row.Revision} does not carry the hash of revision {Revision}: one of the two was changed after it was written.");
    }

    public void Advance(in JournalRow row)
    {
        Revision = row.Revision;
        _lastHash = row.Hash();
    }

    /// <summary>Takes the row that follows, or says what is wrong with it and stays where it was.</summary>
    public Refusal? TryAdd(in JournalRow row, out OrganizationRow? read)
    {
        if (Check(row, out read) is { } fault)
        {
            return fault;
        }

        Advance(row);
        return null;
    }

    private static Refusal? Decode(in JournalRow row, out OrganizationRow? decoded)
    {
        try
        {
            decoded = row.Decoded ?? JournalMapping.Decode(row.Manifest, row.Bytes.Span);
            return null;
        }
        catch (FormatException e)
        {
            decoded = null;
            return new Refusal(RefusalCodes.JournalRow, $"Revision {row.Revision} cannot be read: {e.Message}");
        }
    }
}
