using Google.Protobuf;
using MeshActors.Contracts.Journal.V1;
using MeshActors.Domain;
using MeshActors.Domain.Directories;

namespace MeshActors.Contracts.Mapping;

/// <param name="PreviousHash">SHA-256 of the row before; empty in the first.</param>
public sealed record DirectoryRow(DirectoryEvent Event, MeshActors.Domain.Meta Meta, ReadOnlyMemory<byte> PreviousHash);

/// <summary>Rows of the directory's journal to and from protobuf.</summary>
public static class DirectoryMapping
{
    public static string Manifest(DirectoryEvent @event) => @event switch
    {
        DirectoryEvent.OrganizationRegistered => "dir.organization-registered.v1",
        DirectoryEvent.ImportBegun => "dir.import-begun.v1",
        DirectoryEvent.TokenCreated => "dir.token-created.v1",
        DirectoryEvent.TokenRevoked => "dir.token-revoked.v1",
        _ => throw new System.Diagnostics.UnreachableException(@event.GetType().Name),
    };

    public static byte[] Encode(DirectoryRow row)
    {
        DirectoryRecord record = row.Event switch
        {
            DirectoryEvent.OrganizationRegistered e => new() { OrganizationRegistered = new() { Organization = e.Organization.Value } },
            DirectoryEvent.ImportBegun e => new() { ImportBegun = new() { Organization = e.Organization.Value } },
            DirectoryEvent.TokenCreated e => new() { TokenCreated = OrganizationEventMapping.ToRecord(e.Token) },
            DirectoryEvent.TokenRevoked e => new() { TokenRevoked = new() { Id = e.TokenId } },
            _ => throw new System.Diagnostics.UnreachableException(row.Event.GetType().Name),
        };
        record.Meta = JournalMapping.ToRecord(row.Meta, row.PreviousHash.Span);
        return record.ToByteArray();
    }

    /// <exception cref="FormatException">The manifest is unknown, or the bytes are not its event.</exception>
    public static DirectoryRow Decode(string manifest, ReadOnlySpan<byte> bytes)
    {
        var record = JournalMapping.Parse(DirectoryRecord.Parser, bytes, manifest);
        DirectoryEvent @event = record.EventCase switch
        {
            DirectoryRecord.EventOneofCase.OrganizationRegistered =>
                new DirectoryEvent.OrganizationRegistered(OrganizationId.Parse(record.OrganizationRegistered.Organization)),
            DirectoryRecord.EventOneofCase.ImportBegun => new DirectoryEvent.ImportBegun(OrganizationId.Parse(record.ImportBegun.Organization)),
            DirectoryRecord.EventOneofCase.TokenCreated => new DirectoryEvent.TokenCreated(OrganizationEventMapping.ToToken(record.TokenCreated)),
            DirectoryRecord.EventOneofCase.TokenRevoked => new DirectoryEvent.TokenRevoked(record.TokenRevoked.Id),
            _ => throw new FormatException($"A journal row of manifest '{manifest}' holds no event that this build knows; run a newer build."),
        };
        return Manifest(@event) == manifest
            ? new DirectoryRow(@event, JournalMapping.ToMeta(record.Meta), record.Meta.PreviousHash.Memory)
            : throw new FormatException($"A journal row of manifest '{manifest}' holds a {record.EventCase}.");
    }
}
