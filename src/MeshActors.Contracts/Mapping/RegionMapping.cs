using Google.Protobuf;
using MeshActors.Contracts.Region.V1;
using MeshActors.Domain;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;
using Command = MeshActors.Domain.Organizations.OrganizationCommand;
using Node = MeshActors.Domain.Organizations.Node;
using NodeSession = MeshActors.Domain.Nodes.NodeSession;
using Wire = MeshActors.Contracts.Region.V1;

namespace MeshActors.Contracts.Mapping;

/// <summary>What regions say to each other to and from the domain. Reading throws <see cref="FormatException"/> for what no honest peer sends.</summary>
public static class RegionMapping
{
    public static ExecuteRequest ToWire(OrganizationId organization, Command command, Meta meta) => new()
    {
        Organization = organization.Value,
        Command = ToWire(command),
        Meta = JournalMapping.ToRecord(meta, []),
    };

    public static ArriveRequest ToArrive(OrganizationId organization, RegionName from, Meta meta, bool probe) => new()
    {
        Organization = organization.Value,
        FromRegion = from.Value,
        Meta = JournalMapping.ToRecord(meta, []),
        Probe = probe,
    };

    public static Meta ToMeta(Contracts.Journal.V1.Meta? meta) => meta is not null
        ? JournalMapping.ToMeta(meta)
        : throw new FormatException("A command came without its meta.");

    public static Wire.Command ToWire(this Command command) => command switch
    {
        Command.Create c => new() { Create = new() { Organization = c.Organization.Value, PoolV4 = c.Pools.V4.ToWire(), PoolV6 = c.Pools.V6.ToWire() } },
        Command.CreateJoinKey c => new() { CreateJoinKey = OrganizationEventMapping.ToRecord(c.Key) },
        Command.RevokeJoinKey c => new() { RevokeJoinKey = new() { Id = c.KeyId } },
        Command.CreateToken c => new() { CreateToken = OrganizationEventMapping.ToRecord(c.Token) },
        Command.RevokeToken c => new() { RevokeToken = new() { Id = c.TokenId } },
        Command.Join c => new()
        {
            Join = new()
            {
                NewNode = c.NewNode.ToWire(),
                JoinKeyId = c.JoinKeyId,
                Presented = JournalMapping.FromSecretHash(c.Presented),
                PublicKey = c.Key.ToWire(),
                Credential = JournalMapping.FromSecretHash(c.Credential),
                Name = c.Name,
                RequestedAddresses = { c.RequestedAddresses },
                Prefixes = { c.Prefixes },
                Endpoints = { c.Endpoints.Select(AgentMapping.ToWire) },
            },
        },
        Command.Announce c => new()
        {
            Announce = new()
            {
                Node = c.Node.ToWire(),
                Name = c.Name,
                RequestedAddresses = { c.RequestedAddresses },
                Prefixes = { c.Prefixes },
                Endpoints = { c.Endpoints.Select(AgentMapping.ToWire) },
            },
        },
        Command.ReportEndpoints c => new() { ReportEndpoints = new() { Node = c.Node.ToWire(), Endpoints = { c.Endpoints.Select(AgentMapping.ToWire) } } },
        Command.RemoveNode c => new() { RemoveNode = c.Node.ToWire() },
        Command.Move c => new() { Move = c.To.Value },
        Command.Settle c => new() { Settle = c.In.Value },
        _ => throw new System.Diagnostics.UnreachableException(command.GetType().Name),
    };

    public static Command ToCommand(this Wire.Command? command) => command?.CommandCase switch
    {
        Wire.Command.CommandOneofCase.Create when command.Create is var c =>
            new Command.Create(OrganizationId.Parse(c.Organization), new AddressPools(c.PoolV4.ToDomain(), c.PoolV6.ToDomain())),
        Wire.Command.CommandOneofCase.CreateJoinKey => new Command.CreateJoinKey(OrganizationEventMapping.ToJoinKey(command.CreateJoinKey)),
        Wire.Command.CommandOneofCase.RevokeJoinKey => new Command.RevokeJoinKey(command.RevokeJoinKey.Id),
        Wire.Command.CommandOneofCase.CreateToken => new Command.CreateToken(OrganizationEventMapping.ToToken(command.CreateToken)),
        Wire.Command.CommandOneofCase.RevokeToken => new Command.RevokeToken(command.RevokeToken.Id),
        Wire.Command.CommandOneofCase.Join when command.Join is var c => new Command.Join(
            c.NewNode.ToNodeId(),
            c.JoinKeyId,
            JournalMapping.ToSecretHash(c.Presented),
            c.PublicKey.ToPublicKey(),
            JournalMapping.ToSecretHash(c.Credential),
            c.Name,
            c.RequestedAddresses.ToValueList(),
            c.Prefixes.ToValueList(),
            OrganizationEventMapping.ToEndpoints(c.Endpoints)),
        Wire.Command.CommandOneofCase.Announce when command.Announce is var c => new Command.Announce(
            c.Node.ToNodeId(), c.Name, c.RequestedAddresses.ToValueList(), c.Prefixes.ToValueList(), OrganizationEventMapping.ToEndpoints(c.Endpoints)),
        Wire.Command.CommandOneofCase.ReportEndpoints when command.ReportEndpoints is var c =>
            new Command.ReportEndpoints(c.Node.ToNodeId(), OrganizationEventMapping.ToEndpoints(c.Endpoints)),
        Wire.Command.CommandOneofCase.RemoveNode => new Command.RemoveNode(command.RemoveNode.ToNodeId()),
        Wire.Command.CommandOneofCase.Move => new Command.Move(RegionName.Parse(command.Move)),
        Wire.Command.CommandOneofCase.Settle => new Command.Settle(RegionName.Parse(command.Settle)),
        _ => throw new FormatException("A command of another region is of a kind that this build does not know; run a newer build."),
    };

    public static Done ToDone(long revision, Node? node) => new() { Revision = revision, Node = node is null ? null : SnapshotMapping.ToRecord(node, []) };

    public static Node? NodeOf(Done done) => done.Node is { } node ? new SnapshotNodeReader().Read(node.ToByteArray()) : null;

    public static NodeActivityReply ToReply(NodeActivityState state) => new()
    {
        Sessions = { state.Sessions.Select(ToWire) },
        Warnings = { state.Warnings },
        Keys = { state.Keys.Select(AgentMapping.ToWire) },
        AppliedRevision = state.AppliedRevision,
    };

    public static NodeActivityState ToState(this NodeActivityReply reply) => new(
        [.. reply.Sessions.Select(ToSession)], reply.Warnings.ToValueList(), [.. reply.Keys.Select(AgentMapping.ToPublicKey)], reply.AppliedRevision);

    /// <param name="seen">As a row of a node's journal, without a hash.</param>
    public static NodeSighting ToSighting(OrganizationId organization, NodeId node, NodeEvent seen, Meta meta) => new()
    {
        Organization = organization.Value,
        Node = node.ToWire(),
        Manifest = NodeMapping.Manifest(seen),
        Record = UnsafeByteOperations.UnsafeWrap(NodeMapping.Encode(new NodeRow(seen, meta, default))),
    };

    public static NodeRow ToRow(this NodeSighting sighting) => NodeMapping.Decode(sighting.Manifest, sighting.Record.Span);

    private static Wire.NodeSession ToWire(NodeSession session) => new()
    {
        OpenedUnixMs = session.OpenedAt.ToUnixTimeMilliseconds(),
        ClosedUnixMs = session.ClosedAt?.ToUnixTimeMilliseconds() ?? 0,
        Gateway = session.Gateway,
        AgentVersion = session.AgentVersion,
        RemoteAddress = session.RemoteAddress,
        Reason = session.Reason,
    };

    private static NodeSession ToSession(Wire.NodeSession session) => new(
        DateTimeOffset.FromUnixTimeMilliseconds(session.OpenedUnixMs),
        session.ClosedUnixMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(session.ClosedUnixMs),
        session.Gateway,
        session.AgentVersion,
        session.RemoteAddress,
        session.Reason);
}
