using Google.Protobuf;
using MeshActors.Contracts.Journal.V1;
using MeshActors.Domain;
using MeshActors.Domain.Nodes;

namespace MeshActors.Contracts.Mapping;

/// <param name="PreviousHash">SHA-256 of the row before; empty in the first.</param>
public sealed record NodeRow(NodeEvent Event, MeshActors.Domain.Meta Meta, ReadOnlyMemory<byte> PreviousHash);

/// <summary>Rows of a node's own journal to and from protobuf. An event's time is its row's.</summary>
public static class NodeMapping
{
    public static string Manifest(NodeEvent @event) => @event switch
    {
        NodeEvent.SessionOpened => "node.session-opened.v1",
        NodeEvent.SessionClosed => "node.session-closed.v1",
        NodeEvent.WarningsChanged => "node.warnings-changed.v1",
        NodeEvent.KeySeen => "node.key-seen.v1",
        _ => throw new System.Diagnostics.UnreachableException(@event.GetType().Name),
    };

    public static byte[] Encode(NodeRow row)
    {
        NodeRecord record = row.Event switch
        {
            NodeEvent.SessionOpened e => new() { SessionOpened = new() { Gateway = e.Gateway, AgentVersion = e.AgentVersion, RemoteAddress = e.RemoteAddress } },
            NodeEvent.SessionClosed e => new() { SessionClosed = new() { AppliedRevision = e.AppliedRevision, Reason = e.Reason } },
            NodeEvent.WarningsChanged e => new() { WarningsChanged = new() { Warnings = { e.Warnings } } },
            NodeEvent.KeySeen e => new() { KeySeen = new() { PublicKey = e.Key.ToWire() } },
            _ => throw new System.Diagnostics.UnreachableException(row.Event.GetType().Name),
        };
        record.Meta = JournalMapping.ToRecord(row.Meta, row.PreviousHash.Span);
        return record.ToByteArray();
    }

    /// <exception cref="FormatException">The manifest is unknown, or the bytes are not its event.</exception>
    public static NodeRow Decode(string manifest, ReadOnlySpan<byte> bytes)
    {
        var record = JournalMapping.Parse(NodeRecord.Parser, bytes, manifest);
        var meta = JournalMapping.ToMeta(record.Meta);
        NodeEvent @event = record.EventCase switch
        {
            NodeRecord.EventOneofCase.SessionOpened when record.SessionOpened is var e =>
                new NodeEvent.SessionOpened(meta.Time, e.Gateway, e.AgentVersion, e.RemoteAddress),
            NodeRecord.EventOneofCase.SessionClosed when record.SessionClosed is var e =>
                new NodeEvent.SessionClosed(meta.Time, e.AppliedRevision, e.Reason),
            NodeRecord.EventOneofCase.WarningsChanged => new NodeEvent.WarningsChanged(record.WarningsChanged.Warnings.ToValueList()),
            NodeRecord.EventOneofCase.KeySeen => new NodeEvent.KeySeen(meta.Time, record.KeySeen.PublicKey.ToPublicKey()),
            _ => throw new FormatException($"A journal row of manifest '{manifest}' holds no event that this build knows; run a newer build."),
        };
        return Manifest(@event) == manifest
            ? new NodeRow(@event, meta, record.Meta.PreviousHash.Memory)
            : throw new FormatException($"A journal row of manifest '{manifest}' holds a {record.EventCase}.");
    }
}
