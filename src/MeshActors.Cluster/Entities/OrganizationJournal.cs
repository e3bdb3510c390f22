using MeshActors.Cluster.Serialization;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Entities;

/// <summary>An organization's rows and snapshots.</summary>
public static class OrganizationJournal
{
    public const string SnapshotManifest = "org.snapshot.v1";

    public static readonly JournalCodec<OrganizationEvent> Codec = new(
        (@event, meta, previous) => new JournalEntry(
            JournalMapping.Manifest(@event), JournalMapping.Encode(new OrganizationRow(@event, meta, previous))),
        Read);

    public static JournalEntry WriteSnapshot(OrganizationState state, long revision, byte[] lastHash) => new(
        SnapshotManifest,
        state.Exists ? SnapshotMapping.Write(state, revision, lastHash) : []);

    /// <param name="stored">What the snapshot store has.</param>
    /// <exception cref="FormatException">It is no snapshot of this build.</exception>
    public static (OrganizationState State, long Revision, byte[] LastHash) ReadSnapshot(object stored)
    {
        if (stored is not JournalEntry snapshot)
        {
            throw new FormatException($"its snapshot is a {stored.GetType()}");
        }

        if (snapshot.Manifest != SnapshotManifest)
        {
            throw new FormatException($"a snapshot of manifest '{snapshot.Manifest}' is not known to this build");
        }

        return SnapshotMapping.Read(snapshot.Bytes);
    }

    /// <summary>The node that the command was about, as it is now.</summary>
    public static Node? NodeOf(OrganizationState state, OrganizationCommand command) => command switch
    {
        OrganizationCommand.Join c when state.NodesByKey.TryGetValue(c.Key, out var id) => state.Nodes.GetValueOrDefault(id),
        OrganizationCommand.Announce c => state.Nodes.GetValueOrDefault(c.Node),
        OrganizationCommand.ReportEndpoints c => state.Nodes.GetValueOrDefault(c.Node),
        OrganizationCommand.RemoveNode c => state.Nodes.GetValueOrDefault(c.Node),
        _ => null,
    };

    private static Decoded<OrganizationEvent> Read(JournalEntry entry)
    {
        var row = JournalMapping.Decode(entry.Manifest, entry.Bytes);
        return new Decoded<OrganizationEvent>(row.Event, row.Meta, row.PreviousHash.ToArray());
    }
}

/// <summary>A machine's rows.</summary>
public static class NodeJournal
{
    public static readonly JournalCodec<NodeEvent> Codec = new(
        (@event, meta, previous) => new JournalEntry(
            NodeMapping.Manifest(@event), NodeMapping.Encode(new NodeRow(@event, meta, previous))),
        Read);

    private static Decoded<NodeEvent> Read(JournalEntry entry)
    {
        var row = NodeMapping.Decode(entry.Manifest, entry.Bytes);
        return new Decoded<NodeEvent>(row.Event, row.Meta, row.PreviousHash.ToArray());
    }
}

/// <summary>The directory's rows.</summary>
public static class DirectoryJournal
{
    public static readonly JournalCodec<DirectoryEvent> Codec = new(
        (@event, meta, previous) => new JournalEntry(
            DirectoryMapping.Manifest(@event), DirectoryMapping.Encode(new DirectoryRow(@event, meta, previous))),
        Read);

    private static Decoded<DirectoryEvent> Read(JournalEntry entry)
    {
        var row = DirectoryMapping.Decode(entry.Manifest, entry.Bytes);
        return new Decoded<DirectoryEvent>(row.Event, row.Meta, row.PreviousHash.ToArray());
    }
}
