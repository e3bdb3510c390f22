using System.Collections.Immutable;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Trust;

namespace MeshActors.Domain.Organizations;

/// <summary>All that an organization is, as its events made it.</summary>
public sealed record OrganizationState
{
    public static readonly OrganizationState Initial = new();

    /// <summary>Empty until the organization is created.</summary>
    public OrganizationId Id { get; init; }

    public bool Exists => Id.Value.Length > 0;

    /// <summary>The region to which it was given up and where it has not yet settled.</summary>
    public RegionName? MovingTo { get; init; }

    /// <summary>Where it settled last, if it ever moved.</summary>
    public RegionName? SettledIn { get; init; }

    /// <summary>The region that decides, or will; null in a deployment without regions.</summary>
    public RegionName? Home => MovingTo ?? SettledIn ?? Id.Region;

    public AddressPlan Plan { get; init; } = AddressPlan.None;

    public ImmutableSortedDictionary<NodeId, Node> Nodes { get; init; } = ImmutableSortedDictionary<NodeId, Node>.Empty;

    /// <summary>Every key that a node has or had.</summary>
    public ImmutableDictionary<PublicKey, NodeId> NodesByKey { get; init; } = ImmutableDictionary<PublicKey, NodeId>.Empty;

    /// <summary>Nodes that are not removed.</summary>
    public int ActiveNodes { get; init; }

    public ImmutableSortedDictionary<string, JoinKeyState> JoinKeys { get; init; } =
        ImmutableSortedDictionary.Create<string, JoinKeyState>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, TokenState> Tokens { get; init; } =
        ImmutableSortedDictionary.Create<string, TokenState>(StringComparer.Ordinal);

    /// <summary>The state that these parts make: for snapshots, which keep only what cannot be derived.</summary>
    public static OrganizationState Restore(
        OrganizationId id,
        AddressPools pools,
        IReadOnlyCollection<Node> nodes,
        IEnumerable<KeyValuePair<PublicKey, NodeId>> nodesByKey,
        IEnumerable<JoinKeyState> joinKeys,
        IEnumerable<TokenState> tokens)
    {
        // The address space takes as long as all the rest.
        var plan = Task.Run(() => AddressPlan.Of(pools, Held(nodes)));
        return Initial with
        {
            Id = id,
            Nodes = nodes.ToImmutableSortedDictionary(node => node.Id, node => node),
            NodesByKey = nodesByKey.ToImmutableDictionary(),
            ActiveNodes = nodes.Count(node => !node.IsRemoved),
            JoinKeys = joinKeys.ToImmutableSortedDictionary(key => key.Key.Id, key => key, StringComparer.Ordinal),
            Tokens = tokens.ToImmutableSortedDictionary(token => token.Token.Id, token => token, StringComparer.Ordinal),
            Plan = plan.GetAwaiter().GetResult(),
        };
    }

    private static IEnumerable<(Prefix Prefix, NodeId Holder)> Held(IEnumerable<Node> nodes)
    {
        foreach (var node in nodes)
        {
            foreach (var address in node.Addresses)
            {
                yield return (address, node.Id);
            }

            foreach (var prefix in node.Allocated)
            {
                yield return (prefix, node.Id);
            }
        }
    }
}

/// <param name="Addresses">Hosts of the pools, v4 first.</param>
/// <param name="Allocated">Child prefixes that are this node's for ever, sorted.</param>
/// <param name="Announced">What its peers route to it now, each within something allocated to it, sorted.</param>
/// <param name="Endpoints">In the order in which peers try them.</param>
public sealed record Node(
    NodeId Id,
    string Name,
    PublicKey Key,
    SecretHash Credential,
    ValueList<Prefix> Addresses,
    ValueList<Prefix> Allocated,
    ValueList<Prefix> Announced,
    ValueList<Endpoint> Endpoints,
    bool IsRemoved);

/// <param name="SpentBy">The node that joined with a single-use key, or null.</param>
public sealed record JoinKeyState(JoinKey Key, bool IsRevoked, NodeId? SpentBy);

public sealed record TokenState(AccessToken Token, bool IsRevoked);
