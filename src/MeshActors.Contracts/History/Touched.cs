using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Contracts.History;

/// <summary>What an event is about.</summary>
public static class Touched
{
    /// <summary>The machine, or null where it is about none.</summary>
    public static NodeId? Node(OrganizationEvent @event) => @event switch
    {
        OrganizationEvent.JoinKeyCreated e => e.Key.Replaces,
        OrganizationEvent.NodeJoined e => e.Node,
        OrganizationEvent.CredentialChanged e => e.Node,
        OrganizationEvent.NodeReplaced e => e.Node,
        OrganizationEvent.NodeRenamed e => e.Node,
        OrganizationEvent.PrefixesAllocated e => e.Node,
        OrganizationEvent.PrefixesAnnounced e => e.Node,
        OrganizationEvent.EndpointsChanged e => e.Node,
        OrganizationEvent.NodeRemoved e => e.Node,
        OrganizationEvent.Created or OrganizationEvent.JoinKeyRevoked or OrganizationEvent.TokenCreated or OrganizationEvent.TokenRevoked
            or OrganizationEvent.Moved or OrganizationEvent.Settled => null,
        _ => throw new System.Diagnostics.UnreachableException(@event.GetType().Name),
    };

    /// <summary>The addresses and networks that it names.</summary>
    public static ValueList<Prefix> Networks(OrganizationEvent @event) => @event switch
    {
        OrganizationEvent.NodeJoined e => e.Addresses,
        OrganizationEvent.PrefixesAllocated e => e.Prefixes,
        OrganizationEvent.PrefixesAnnounced e => e.Prefixes,
        _ => [],
    };
}
