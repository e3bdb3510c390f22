using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;

namespace MeshActors.Contracts.Mapping;

/// <summary>A row of the journal as operators read it: without secrets and without hashes of them.</summary>
public static class EventMessages
{
    public static Event Of(long revision, string manifest, OrganizationRow row) => new()
    {
        Revision = revision,
        TimeUnixMs = row.Meta.Time.ToUnixTimeMilliseconds(),
        Type = manifest,
        PrincipalKind = EventFacts.KindOf(row.Meta.Principal),
        PrincipalId = row.Meta.Principal.Id,
        PrincipalName = row.Meta.Principal.Name,
        RequestId = row.Meta.RequestId,
        Json = EventFacts.Write(row.Event),
    };
}
