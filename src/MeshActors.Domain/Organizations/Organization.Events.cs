using System.Net;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Trust;

namespace MeshActors.Domain.Organizations;

/// <summary>A fact of one organization. Its place in the organization's journal is the revision.</summary>
public abstract record OrganizationEvent
{
    private OrganizationEvent()
    {
    }

    public sealed record Created(OrganizationId Organization, AddressPools Pools) : OrganizationEvent;

    public sealed record JoinKeyCreated(JoinKey Key) : OrganizationEvent;

    public sealed record JoinKeyRevoked(string KeyId) : OrganizationEvent;

    public sealed record TokenCreated(AccessToken Token) : OrganizationEvent;

    public sealed record TokenRevoked(string TokenId) : OrganizationEvent;

    /// <param name="Addresses">The node's own addresses, one of each pool: hosts, for ever.</param>
    /// <param name="JoinKeyId">The key that let it in; a single-use key is spent by this event.</param>
    public sealed record NodeJoined(
        NodeId Node,
        string Name,
        PublicKey Key,
        SecretHash Credential,
        ValueList<Prefix> Addresses,
        ValueList<Endpoint> Endpoints,
        string JoinKeyId) : OrganizationEvent;

    /// <summary>The same machine, with a key that it had before, got a new credential.</summary>
    public sealed record CredentialChanged(NodeId Node, SecretHash Credential, string JoinKeyId) : OrganizationEvent;

    /// <summary>Another machine, or another key, takes the node's place: addresses and prefixes stay. Brings a removed node back.</summary>
    public sealed record NodeReplaced(
        NodeId Node,
        string Name,
        PublicKey Key,
        SecretHash Credential,
        ValueList<Endpoint> Endpoints,
        string JoinKeyId) : OrganizationEvent;

    public sealed record NodeRenamed(NodeId Node, string Name) : OrganizationEvent;

    /// <summary>Assigned to the node for ever.</summary>
    public sealed record PrefixesAllocated(NodeId Node, ValueList<Prefix> Prefixes) : OrganizationEvent;

    /// <summary>What its peers route to it from now on: the whole set, each of it allocated to the node.</summary>
    public sealed record PrefixesAnnounced(NodeId Node, ValueList<Prefix> Prefixes) : OrganizationEvent;

    public sealed record EndpointsChanged(NodeId Node, ValueList<Endpoint> Endpoints) : OrganizationEvent;

    /// <summary>The node is in no map any more and its credential opens nothing. What it holds stays reserved for it.</summary>
    public sealed record NodeRemoved(NodeId Node) : OrganizationEvent;

    /// <summary>The last that this home decides: what follows is decided in that region.</summary>
    public sealed record Moved(RegionName To) : OrganizationEvent;

    /// <summary>The first that the new home decides.</summary>
    public sealed record Settled(RegionName In) : OrganizationEvent;
}

/// <summary>The pools from which nodes get their own addresses. Fixed when the organization is created.</summary>
public sealed record AddressPools(Prefix V4, Prefix V6)
{
    /// <summary>Shared address space (RFC 6598).</summary>
    public static readonly Prefix DefaultV4 = Prefix.From(IPAddress.Parse("100.64.0.0"), 10);
}

/// <param name="Id">Names the key; not secret.</param>
/// <param name="Reusable">False: the first node that joins with it spends it.</param>
/// <param name="ExpiresAt">Refused from then on; null for never.</param>
/// <param name="Replaces">The node whose place the joining machine takes, or null for a new node.</param>
public sealed record JoinKey(
    string Id, SecretHash Hash, bool Reusable, DateTimeOffset? ExpiresAt, NodeId? Replaces, string Description);

public sealed record AccessToken(string Id, SecretHash Hash, string Name);

/// <summary>Where a node's WireGuard may be reached, with the reason to think so.</summary>
public readonly record struct Endpoint(EndpointKind Kind, IPAddress Address, ushort Port) : IComparable<Endpoint>
{
    /// <summary>The order in which peers try them.</summary>
    public int CompareTo(Endpoint other)
    {
        var byKind = Kind.CompareTo(other.Kind);
        var byHost = Prefix.Host(Address).CompareTo(Prefix.Host(other.Address));
        return byKind != 0 ? byKind : byHost != 0 ? byHost : Port.CompareTo(other.Port);
    }

    public override string ToString() => new IPEndPoint(Address, Port).ToString();
}

public enum EndpointKind
{
    /// <summary>Given by the node's operator.</summary>
    Configured = 0,

    /// <summary>An address of one of the node's own interfaces.</summary>
    Local = 1,

    /// <summary>The address from which the gateway sees the agent, with the node's WireGuard port.</summary>
    Observed = 2,
}
