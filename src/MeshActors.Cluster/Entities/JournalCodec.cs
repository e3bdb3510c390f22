using System.Security.Cryptography;
using MeshActors.Cluster.Serialization;
using MeshActors.Domain;

namespace MeshActors.Cluster.Entities;

/// <summary>A row of the journal as the domain understands it.</summary>
/// <param name="PreviousHash">SHA-256 of the record before it; empty in the first.</param>
public sealed record Decoded<TEvent>(TEvent Event, Meta Meta, byte[] PreviousHash);

/// <summary>How one kind of entity's events become rows and come back.</summary>
/// <param name="Encode">The event, who and when, and the hash of the record before.</param>
/// <param name="Decode">Throws for a manifest that this build does not know, and for bytes that are no such record.</param>
public sealed record JournalCodec<TEvent>(
    Func<TEvent, Meta, byte[], JournalEntry> Encode, Func<JournalEntry, Decoded<TEvent>> Decode);

/// <summary>Each record carries the hash of the one before it, so that a row changed or removed by hand is noticed.</summary>
public static class HashChain
{
    public static readonly byte[] Start = [];

    public static byte[] Next(JournalEntry entry) => SHA256.HashData(entry.Bytes);
}
