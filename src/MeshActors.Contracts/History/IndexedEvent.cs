using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;

namespace MeshActors.Contracts.History;

/// <summary>What a search knows of an event: all that a filter asks for, and no more. The record itself is in the journal.</summary>
/// <param name="Type">Short, as <c>node-joined</c>: one type in all its versions.</param>
public sealed record IndexedEvent(
    long Revision, long UnixMs, string Type, string PrincipalKind, string PrincipalId, string PrincipalName, NodeId? Node, ValueList<Prefix> Networks)
{
    public static IndexedEvent Of(long revision, string manifest, OrganizationRow row) => new(
        revision,
        row.Meta.Time.ToUnixTimeMilliseconds(),
        EventFilter.ShortType(manifest),
        EventFacts.KindOf(row.Meta.Principal),
        row.Meta.Principal.Id,
        row.Meta.Principal.Name,
        Touched.Node(row.Event),
        Touched.Networks(row.Event));
}
