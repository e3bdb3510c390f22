using MeshActors.Contracts.Journal.V1;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;
using static MeshActors.Contracts.Mapping.JournalMapping;
using Event = MeshActors.Domain.Organizations.OrganizationEvent;

namespace MeshActors.Contracts.Mapping;

/// <summary>The facts of each organization event to and from its protobuf message.</summary>
internal static class OrganizationEventMapping
{
    public static OrganizationRecord ToRecord(Event @event) => @event switch
    {
        Event.Created e => new() { OrganizationCreated = new() { Organization = e.Organization.Value, PoolV4 = e.Pools.V4.ToWire(), PoolV6 = e.Pools.V6.ToWire() } },
        Event.JoinKeyCreated e => new() { JoinKeyCreated = ToRecord(e.Key) },
        Event.JoinKeyRevoked e => new() { JoinKeyRevoked = new() { Id = e.KeyId } },
        Event.TokenCreated e => new() { TokenCreated = ToRecord(e.Token) },
        Event.TokenRevoked e => new() { TokenRevoked = new() { Id = e.TokenId } },
        Event.NodeJoined e => new()
        {
            NodeJoined = new()
            {
                Node = e.Node.ToWire(),
                Name = e.Name,
                PublicKey = e.Key.ToWire(),
                Credential = FromSecretHash(e.Credential),
                Addresses = { e.Addresses.Select(AgentMapping.ToWire) },
                Endpoints = { e.Endpoints.Select(AgentMapping.ToWire) },
                JoinKeyId = e.JoinKeyId,
            },
        },
        Event.CredentialChanged e => new()
        {
            CredentialChanged = new() { Node = e.Node.ToWire(), Credential = FromSecretHash(e.Credential), JoinKeyId = e.JoinKeyId },
        },
        Event.NodeReplaced e => new()
        {
            NodeReplaced = new()
            {
                Node = e.Node.ToWire(),
                Name = e.Name,
                PublicKey = e.Key.ToWire(),
                Credential = FromSecretHash(e.Credential),
                Endpoints = { e.Endpoints.Select(AgentMapping.ToWire) },
                JoinKeyId = e.JoinKeyId,
            },
        },
        Event.NodeRenamed e => new() { NodeRenamed = new() { Node = e.Node.ToWire(), Name = e.Name } },
        Event.PrefixesAllocated e => new() { PrefixesAllocated = new() { Node = e.Node.ToWire(), Prefixes = { e.Prefixes.Select(AgentMapping.ToWire) } } },
        Event.PrefixesAnnounced e => new() { PrefixesAnnounced = new() { Node = e.Node.ToWire(), Prefixes = { e.Prefixes.Select(AgentMapping.ToWire) } } },
        Event.EndpointsChanged e => new() { EndpointsChanged = new() { Node = e.Node.ToWire(), Endpoints = { e.Endpoints.Select(AgentMapping.ToWire) } } },
        Event.NodeRemoved e => new() { NodeRemoved = new() { Node = e.Node.ToWire() } },
        Event.Moved e => new() { OrganizationMoved = new() { Region = e.To.Value } },
        Event.Settled e => new() { OrganizationSettled = new() { Region = e.In.Value } },
        _ => throw new System.Diagnostics.UnreachableException(@event.GetType().Name),
    };

    public static Event ToEvent(OrganizationRecord record) => record.EventCase switch
    {
        OrganizationRecord.EventOneofCase.OrganizationCreated when record.OrganizationCreated is var e =>
            new Event.Created(OrganizationId.Parse(e.Organization), new AddressPools(e.PoolV4.ToDomain(), e.PoolV6.ToDomain())),
        OrganizationRecord.EventOneofCase.JoinKeyCreated => new Event.JoinKeyCreated(ToJoinKey(record.JoinKeyCreated)),
        OrganizationRecord.EventOneofCase.JoinKeyRevoked => new Event.JoinKeyRevoked(record.JoinKeyRevoked.Id),
        OrganizationRecord.EventOneofCase.TokenCreated => new Event.TokenCreated(ToToken(record.TokenCreated)),
        OrganizationRecord.EventOneofCase.TokenRevoked => new Event.TokenRevoked(record.TokenRevoked.Id),
        OrganizationRecord.EventOneofCase.NodeJoined when record.NodeJoined is var e => new Event.NodeJoined(
            e.Node.ToNodeId(), e.Name, e.PublicKey.ToPublicKey(), ToSecretHash(e.Credential), ToPrefixes(e.Addresses), ToEndpoints(e.Endpoints), e.JoinKeyId),
        OrganizationRecord.EventOneofCase.CredentialChanged when record.CredentialChanged is var e =>
            new Event.CredentialChanged(e.Node.ToNodeId(), ToSecretHash(e.Credential), e.JoinKeyId),
        OrganizationRecord.EventOneofCase.NodeReplaced when record.NodeReplaced is var e => new Event.NodeReplaced(
            e.Node.ToNodeId(), e.Name, e.PublicKey.ToPublicKey(), ToSecretHash(e.Credential), ToEndpoints(e.Endpoints), e.JoinKeyId),
        OrganizationRecord.EventOneofCase.NodeRenamed => new Event.NodeRenamed(record.NodeRenamed.Node.ToNodeId(), record.NodeRenamed.Name),
        OrganizationRecord.EventOneofCase.PrefixesAllocated =>
            new Event.PrefixesAllocated(record.PrefixesAllocated.Node.ToNodeId(), ToPrefixes(record.PrefixesAllocated.Prefixes)),
        OrganizationRecord.EventOneofCase.PrefixesAnnounced =>
            new Event.PrefixesAnnounced(record.PrefixesAnnounced.Node.ToNodeId(), ToPrefixes(record.PrefixesAnnounced.Prefixes)),
        OrganizationRecord.EventOneofCase.EndpointsChanged =>
            new Event.EndpointsChanged(record.EndpointsChanged.Node.ToNodeId(), ToEndpoints(record.EndpointsChanged.Endpoints)),
        OrganizationRecord.EventOneofCase.NodeRemoved => new Event.NodeRemoved(record.NodeRemoved.Node.ToNodeId()),
        OrganizationRecord.EventOneofCase.OrganizationMoved => new Event.Moved(RegionName.Parse(record.OrganizationMoved.Region)),
        OrganizationRecord.EventOneofCase.OrganizationSettled => new Event.Settled(RegionName.Parse(record.OrganizationSettled.Region)),
        _ => throw new FormatException($"A journal row holds no event that this build knows (field {record.EventCase}); run a newer build."),
    };

    public static JoinKeyCreated ToRecord(JoinKey key) => new()
    {
        Id = key.Id,
        Hash = FromSecretHash(key.Hash),
        Reusable = key.Reusable,
        ExpiresUnixMs = key.ExpiresAt?.ToUnixTimeMilliseconds() ?? 0,
        Replaces = key.Replaces?.ToWire() ?? Google.Protobuf.ByteString.Empty,
        Description = key.Description,
    };

    public static JoinKey ToJoinKey(JoinKeyCreated key) => new(
        key.Id,
        ToSecretHash(key.Hash),
        key.Reusable,
        key.ExpiresUnixMs == 0 ? null : ToTime(key.ExpiresUnixMs),
        key.Replaces.IsEmpty ? null : key.Replaces.ToNodeId(),
        key.Description);

    public static TokenCreated ToRecord(AccessToken token) => new() { Id = token.Id, Hash = FromSecretHash(token.Hash), Name = token.Name };

    public static AccessToken ToToken(TokenCreated token) => new(token.Id, ToSecretHash(token.Hash), token.Name);

    public static ValueList<Prefix> ToPrefixes(IList<Agent.V1.Cidr> prefixes) => ValueList.Of(prefixes, AgentMapping.ToDomain);

    public static ValueList<Endpoint> ToEndpoints(IList<Agent.V1.Endpoint> endpoints) => ValueList.Of(endpoints, AgentMapping.ToDomain);
}
