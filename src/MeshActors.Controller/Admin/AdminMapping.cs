using MeshActors.Cluster;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using JoinKey = MeshActors.Contracts.Admin.V1.JoinKey;
using Node = MeshActors.Domain.Organizations.Node;

namespace MeshActors.Controller.Admin;

/// <summary>The domain as operators see it: without hashes.</summary>
internal static class AdminMapping
{
    public static Contracts.Admin.V1.Organization ToMessage(OrganizationView view) => new()
    {
        Name = view.State.Id.Value,
        PoolV4 = view.State.Plan.Pools.V4.ToString(),
        PoolV6 = view.State.Plan.Pools.V6.ToString(),
        Revision = view.Revision,
        Nodes = view.State.ActiveNodes,
        Connected = view.Presence.Values.Count(presence => presence.IsConnected),
        Prefixes = view.State.Nodes.Values.Sum(node => node.Allocated.Count),
        Region = view.State.Home?.Value ?? "",
    };

    public static Contracts.Admin.V1.Node ToMessage(Node node, OrganizationView view)
    {
        var message = new Contracts.Admin.V1.Node
        {
            Id = node.Id.ToString(),
            Name = node.Name,
            PublicKey = node.Key.ToString(),
            Removed = node.IsRemoved,
        };
        message.Addresses.AddRange(node.Addresses.Select(address => address.Address.ToString()));
        message.Allocated.AddRange(node.Allocated.Select(prefix => prefix.ToString()));
        message.Announced.AddRange(node.Announced.Select(prefix => prefix.ToString()));
        message.Endpoints.AddRange(node.Endpoints.Select(EventFacts.ToText));
        if (view.Presence.TryGetValue(node.Id, out var presence))
        {
            Add(message, presence, view.Revision);
        }

        return message;
    }

    public static JoinKey ToMessage(JoinKeyState state, OrganizationId organization) => new()
    {
        Id = state.Key.Id,
        Organization = organization.Value,
        SingleUse = !state.Key.Reusable,
        ExpiresUnixMs = state.Key.ExpiresAt?.ToUnixTimeMilliseconds() ?? 0,
        Revoked = state.IsRevoked,
        SpentBy = state.SpentBy?.ToString() ?? "",
        Description = state.Key.Description,
        Replaces = state.Key.Replaces?.ToString() ?? "",
    };

    public static Token ToMessage(TokenState state, OrganizationId? organization) => new()
    {
        Id = state.Token.Id,
        Organization = organization?.Value ?? "",
        Name = state.Token.Name,
        Revoked = state.IsRevoked,
    };

    public static Event ToMessage(OrganizationEntry entry) =>
        EventMessages.Of(entry.Revision, entry.Manifest, new OrganizationRow(entry.Event, entry.Meta, default));

    public static IEnumerable<PrefixHolding> ToHoldings(OrganizationState state)
    {
        yield return new PrefixHolding { Prefix = state.Plan.Pools.V4.ToString(), Kind = "pool" };
        yield return new PrefixHolding { Prefix = state.Plan.Pools.V6.ToString(), Kind = "pool" };
        foreach (var node in state.Nodes.Values)
        {
            foreach (var address in node.Addresses)
            {
                yield return Holding(node, address.ToString(), "address", !node.IsRemoved);
            }

            foreach (var prefix in node.Allocated)
            {
                yield return Holding(node, prefix.ToString(), "child", !node.IsRemoved && node.Announced.Contains(prefix));
            }
        }
    }

    private static PrefixHolding Holding(Node node, string prefix, string kind, bool announced) => new()
    {
        Prefix = prefix,
        Kind = kind,
        NodeId = node.Id.ToString(),
        NodeName = node.Name,
        Announced = announced,
        NodeRemoved = node.IsRemoved,
    };

    private static void Add(Contracts.Admin.V1.Node message, Presence presence, long revision)
    {
        message.Connected = presence.IsConnected;
        message.AppliedRevision = presence.AppliedRevision;
        message.Lag = Math.Max(0, revision - presence.AppliedRevision);
        message.AgentVersion = presence.AgentVersion;
        message.LastSeenUnixMs = presence.LastSeen.ToUnixTimeMilliseconds();
        message.Warnings.AddRange(presence.Warnings);
    }
}
