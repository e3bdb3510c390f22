using System.Security.Cryptography;
using Google.Protobuf;
using MeshActors.Contracts.Journal.V1;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.Contracts.Mapping;

/// <summary>One row of an organization's journal: the event, who caused it, and the hash of the row before it.</summary>
/// <param name="PreviousHash">SHA-256 of the row before; empty in the first.</param>
public sealed record OrganizationRow(OrganizationEvent Event, MeshActors.Domain.Meta Meta, ReadOnlyMemory<byte> PreviousHash);

/// <summary>Journal rows to and from protobuf. The bytes of every manifest are pinned by tests and never change.</summary>
public static class JournalMapping
{
    /// <summary>What the next row holds as its previous hash.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> row) => SHA256.HashData(row);

    public static byte[] Encode(OrganizationRow row)
    {
        var record = OrganizationEventMapping.ToRecord(row.Event);
        record.Meta = ToRecord(row.Meta, row.PreviousHash.Span);
        return record.ToByteArray();
    }

    /// <exception cref="FormatException">The manifest is unknown, or the bytes are not its event.</exception>
    public static OrganizationRow Decode(string manifest, ReadOnlySpan<byte> bytes)
    {
        var record = Parse(OrganizationRecord.Parser, bytes, manifest);
        var @event = OrganizationEventMapping.ToEvent(record);
        var meta = ToMeta(record.Meta);
        if (Manifest(@event) != manifest)
        {
            throw new FormatException($"A journal row of manifest '{manifest}' holds a {record.EventCase}.");
        }

        return new OrganizationRow(@event, meta, record.Meta.PreviousHash.Memory);
    }

    /// <summary>The name under which the event is stored.</summary>
    public static string Manifest(OrganizationEvent @event) => @event switch
    {
        OrganizationEvent.Created => "org.created.v1",
        OrganizationEvent.JoinKeyCreated => "org.join-key-created.v1",
        OrganizationEvent.JoinKeyRevoked => "org.join-key-revoked.v1",
        OrganizationEvent.TokenCreated => "org.token-created.v1",
        OrganizationEvent.TokenRevoked => "org.token-revoked.v1",
        OrganizationEvent.NodeJoined => "org.node-joined.v1",
        OrganizationEvent.CredentialChanged => "org.credential-changed.v1",
        OrganizationEvent.NodeReplaced => "org.node-replaced.v1",
        OrganizationEvent.NodeRenamed => "org.node-renamed.v1",
        OrganizationEvent.PrefixesAllocated => "org.prefixes-allocated.v1",
        OrganizationEvent.PrefixesAnnounced => "org.prefixes-announced.v1",
        OrganizationEvent.EndpointsChanged => "org.endpoints-changed.v1",
        OrganizationEvent.NodeRemoved => "org.node-removed.v1",
        OrganizationEvent.Moved => "org.moved.v1",
        OrganizationEvent.Settled => "org.settled.v1",
        _ => throw new System.Diagnostics.UnreachableException(@event.GetType().Name),
    };

    internal static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes, string manifest)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"A journal row of manifest '{manifest}' cannot be read: {e.Message}", e);
        }
    }

    internal static Journal.V1.Meta ToRecord(MeshActors.Domain.Meta meta, ReadOnlySpan<byte> previousHash) => new()
    {
        TimeUnixMs = meta.Time.ToUnixTimeMilliseconds(),
        PrincipalKind = (int)meta.Principal.Kind,
        PrincipalId = meta.Principal.Id,
        PrincipalName = meta.Principal.Name,
        RequestId = meta.RequestId,
        PreviousHash = ByteString.CopyFrom(previousHash),
    };

    internal static MeshActors.Domain.Meta ToMeta(Journal.V1.Meta? meta) => meta switch
    {
        null => throw new FormatException("A journal row says neither when nor by whom."),
        { PrincipalKind: < 0 or > (int)PrincipalKind.Node } => throw new FormatException($"A journal row is of a caller of kind {meta.PrincipalKind}, which this build does not know; run a newer build."),
        _ => new(ToTime(meta.TimeUnixMs), new Principal((PrincipalKind)meta.PrincipalKind, meta.PrincipalId, meta.PrincipalName), meta.RequestId),
    };

    internal static DateTimeOffset ToTime(long unixMs)
    {
        try
        {
            return DateTimeOffset.FromUnixTimeMilliseconds(unixMs);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new FormatException($"{unixMs} ms is no time of the calendar.", e);
        }
    }

    internal static SecretHash ToSecretHash(ByteString bytes) => ToSecretHash(bytes.Span);

    internal static SecretHash ToSecretHash(ReadOnlySpan<byte> bytes) =>
        bytes.Length == SecretHash.SizeBytes ? new SecretHash(bytes) : throw new FormatException($"A secret's hash has {SecretHash.SizeBytes} bytes, not {bytes.Length}.");

    internal static ByteString FromSecretHash(SecretHash hash) => UnsafeByteOperations.UnsafeWrap(hash.ToBytes());
}
