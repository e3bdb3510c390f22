using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using MeshActors.Cluster.Messages;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Serialization;

/// <summary>
/// The closed list of what controller processes say to each other. An alias is never used again, and a listed type's
/// shape never changes: Hyperion cannot read a record that has grown. A change is a new record with a new alias, which
/// receivers learn one release before senders use it.
/// </summary>
public static class WireTypes
{
    public static readonly ImmutableArray<(string Alias, Type Type)> Messages =
    [
        ("execute-organization/1", typeof(ExecuteOrganization)),
        ("execute-directory/1", typeof(ExecuteDirectory)),
        ("done/1", typeof(CommandReply.Done)),
        ("refused/1", typeof(CommandReply.Refused)),
        ("broken/1", typeof(EntityBroken)),
        ("subscribe/1", typeof(Subscribe)),
        ("whole/1", typeof(SubscribedWhole)),
        ("entries/1", typeof(StoredEntries)),
        ("entry/1", typeof(StoredEntry)),
        ("node-seen/1", typeof(NodeSeen)),
        ("get-node/1", typeof(GetNodeActivity)),
        ("node/1", typeof(NodeActivityAnswer)),
        ("get-directory/1", typeof(GetDirectory)),
        ("directory/1", typeof(DirectoryAnswer)),
        ("stop/1", typeof(StopEntity)),
        ("write-failed/1", typeof(WriteFailed)),
        ("elsewhere/1", typeof(OrganizationElsewhere)),
        ("session-started/1", typeof(SessionStarted)),
        ("get-presence/1", typeof(GetPresence)),
        ("presence/1", typeof(PresenceAnswer)),
        ("node-presence/1", typeof(NodePresence)),
        ("import-rows/1", typeof(ImportRows)),
        ("finish-import/1", typeof(FinishImport)),
        ("import-at/1", typeof(ImportReply.At)),
        ("import-refused/1", typeof(ImportReply.Refused)),
        ("get-lags/1", typeof(GetLags)),
        ("lags/1", typeof(LagsAnswer)),
        ("node-lag/1", typeof(NodeLag)),
        ("departing/1", typeof(Departing)),
        ("take-up/1", typeof(TakeUp)),
        ("taken-up/1", typeof(TakenUp)),
    ];

    /// <summary>What may stand inside a message. The closed families bring their cases along.</summary>
    private static readonly ImmutableArray<Type> Parts =
    [
        .. typeof(OrganizationCommand).GetNestedTypes(),
        .. typeof(DirectoryCommand).GetNestedTypes(),
        .. typeof(NodeEvent).GetNestedTypes(),
        typeof(Meta), typeof(Principal), typeof(PrincipalKind), typeof(Refusal),
        typeof(Node), typeof(NodeSession), typeof(TokenState), typeof(AccessToken), typeof(JoinKey), typeof(AddressPools),
        typeof(OrganizationId), typeof(OrganizationId[]), typeof(RegionName), typeof(NodeId), typeof(PublicKey), typeof(PublicKey[]),
        typeof(Domain.Trust.SecretHash), typeof(Prefix), typeof(Prefix[]), typeof(Endpoint), typeof(Endpoint[]), typeof(EndpointKind),
        typeof(Presence), typeof(NodePresence[]), typeof(ImmutableArray<NodePresence>), typeof(NodeLag[]), typeof(ImmutableArray<NodeLag>),
        typeof(StoredEntry[]), typeof(NodeSession[]), typeof(TokenState[]),
        typeof(ValueList<string>), typeof(ValueList<Prefix>), typeof(ValueList<Endpoint>),
        typeof(ImmutableArray<StoredEntry>), typeof(ImmutableArray<NodeSession>), typeof(ImmutableArray<TokenState>),
        typeof(ImmutableArray<OrganizationId>), typeof(ImmutableArray<PublicKey>),
        typeof(IPAddress), IPAddress.Loopback.GetType(), typeof(ushort[]),
        typeof(string), typeof(string[]), typeof(byte[]), typeof(Guid), typeof(UInt128), typeof(DateTimeOffset),
    ];

    public static readonly FrozenDictionary<Type, string> Aliases = Messages.ToFrozenDictionary(m => m.Type, m => m.Alias);

    public static readonly FrozenDictionary<string, Type> Types = Messages.ToFrozenDictionary(m => m.Alias, m => m.Type, StringComparer.Ordinal);

    public static IEnumerable<Type> All => Messages.Select(m => m.Type).Concat(Parts);
}
