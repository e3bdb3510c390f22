using MeshActors.Domain.Trust;

namespace MeshActors.Domain.Organizations;

/// <summary>A wish about one organization. Each may be sent again after a time-out: the second time changes nothing.</summary>
public abstract record OrganizationCommand
{
    private OrganizationCommand()
    {
    }

    public sealed record Create(OrganizationId Organization, AddressPools Pools) : OrganizationCommand;

    public sealed record CreateJoinKey(JoinKey Key) : OrganizationCommand;

    public sealed record RevokeJoinKey(string KeyId) : OrganizationCommand;

    public sealed record CreateToken(AccessToken Token) : OrganizationCommand;

    public sealed record RevokeToken(string TokenId) : OrganizationCommand;

    /// <summary>A machine that has proven to hold <paramref name="Key"/>'s private half asks to be in.</summary>
    /// <param name="NewNode">The id it gets if it is new.</param>
    /// <param name="Presented">The hash of the join key's secret that it showed.</param>
    /// <param name="RequestedAddresses">Texts of the addresses that it wants from the pools; at most one of a family.</param>
    /// <param name="Prefixes">Texts of the child prefixes that it announces.</param>
    public sealed record Join(
        NodeId NewNode,
        string JoinKeyId,
        SecretHash Presented,
        PublicKey Key,
        SecretHash Credential,
        string Name,
        ValueList<string> RequestedAddresses,
        ValueList<string> Prefixes,
        ValueList<Endpoint> Endpoints) : OrganizationCommand;

    /// <summary>What a connected node announces from now on: missing prefixes are allocated, others are withdrawn.</summary>
    /// <param name="Name">Its name now.</param>
    public sealed record Announce(
        NodeId Node,
        string Name,
        ValueList<string> RequestedAddresses,
        ValueList<string> Prefixes,
        ValueList<Endpoint> Endpoints) : OrganizationCommand;

    public sealed record ReportEndpoints(NodeId Node, ValueList<Endpoint> Endpoints) : OrganizationCommand;

    public sealed record RemoveNode(NodeId Node) : OrganizationCommand;

    /// <summary>This home gives the organization up, for ever, to that of another region.</summary>
    public sealed record Move(RegionName To) : OrganizationCommand;

    /// <summary>The new home has the whole journal and takes over.</summary>
    public sealed record Settle(RegionName In) : OrganizationCommand;
}
