using Akka.Actor;
using Akka.Serialization;

namespace MeshActors.Cluster.Serialization;

/// <summary>
/// A row of the journal, or a snapshot, already encoded: the entity needs the bytes for the hash chain and for its feeds,
/// so they are made once.
/// </summary>
/// <param name="Manifest">As <c>org.node-joined.v1</c>.</param>
public sealed record JournalEntry(string Manifest, byte[] Bytes);

/// <summary>
/// Hands the bytes through. What they mean is read by the entity that owns them: it can say which of its rows it does
/// not understand, and stay to say so, where a failure in here would only make it restart.
/// </summary>
public sealed class JournalSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Stands beside each row.</summary>
    public const int Id = 7302;

    public override int Identifier => Id;

    public override string Manifest(object o) => Entry(o).Manifest;

    public override byte[] ToBinary(object obj) => Entry(obj).Bytes;

    public override object FromBinary(byte[] bytes, string manifest) => new JournalEntry(manifest, bytes);

    private static JournalEntry Entry(object o) => o as JournalEntry
        ?? throw new ArgumentException($"{o.GetType()} is no journal entry.", nameof(o));
}
