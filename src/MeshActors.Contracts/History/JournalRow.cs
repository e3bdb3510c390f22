using System.Security.Cryptography;
using MeshActors.Contracts.Mapping;

namespace MeshActors.Contracts.History;

/// <summary>A row of an organization's journal, exactly as it is stored.</summary>
/// <param name="Manifest">The event's name and version, as <c>org.node-joined.v1</c>.</param>
/// <param name="Bytes">The record: the canonical bytes, over which the next row's hash is made.</param>
public readonly record struct JournalRow(long Revision, string Manifest, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The hash, where it was made from the bytes already; never one that somebody said.</summary>
    internal byte[]? Hashed { get; init; }

    /// <summary>The record, where it was read already.</summary>
    internal OrganizationRow? Decoded { get; init; }

    /// <summary>The same, with its hash made and its record read, so that another thread need not. Bytes that are no record stay as they are.</summary>
    public JournalRow Prepared()
    {
        try
        {
            return this with { Hashed = Hash(), Decoded = JournalMapping.Decode(Manifest, Bytes.Span) };
        }
        catch (FormatException)
        {
            return this;
        }
    }

    /// <summary>SHA-256 of the bytes: what the next row carries as its previous hash.</summary>
    public byte[] Hash() => Hashed ?? SHA256.HashData(Bytes.Span);

    /// <summary>When it happened, in UTC, without reading the rest; within the calendar.</summary>
    public long UnixMs() => Math.Clamp(RecordTime.Read(Bytes.Span), RecordTime.UnixMsMin, RecordTime.UnixMsMax);

    public bool IsSame(JournalRow other) =>
        Revision == other.Revision && Manifest == other.Manifest && Bytes.Span.SequenceEqual(other.Bytes.Span);
}
