using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;

namespace MeshActors.Contracts.History;

/// <summary>Which events are wanted. What is null or empty asks for nothing.</summary>
/// <param name="Types">As <c>org.node-joined.v1</c>, or short as <c>node-joined</c>.</param>
/// <param name="Network">Events that name a part of it, or something around it.</param>
/// <param name="Principal">The id, the name or the kind of who did it.</param>
public sealed record EventFilter(IReadOnlyList<string> Types, NodeId? Node, Prefix? Network, string? Principal, DateTimeOffset? Since, DateTimeOffset? Until)
{
    public bool TakesAll => Types.Count == 0 && Node is null && Network is null && Principal is null && Since is null && Until is null;

    public bool Takes(string manifest, OrganizationRow row) =>
        (Types.Count == 0 || Types.Any(type => type == manifest || type == ShortType(manifest)))
        && (Node is null || Touched.Node(row.Event) == Node)
        && (Network is not { } network || Touched.Networks(row.Event).Any(named => named.Overlaps(network)))
        && (Principal is null || row.Meta.Principal.Id == Principal || row.Meta.Principal.Name == Principal || EventFacts.KindOf(row.Meta.Principal) == Principal)
        && (Since is null || row.Meta.Time >= Since)
        && (Until is null || row.Meta.Time <= Until);

    /// <summary>Without the "org." before it and the version after it.</summary>
    public static string ShortType(string manifest) => manifest.Split('.') is [_, var name, _] ? name : manifest;
}
