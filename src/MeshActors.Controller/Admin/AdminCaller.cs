using MeshActors.Domain;

namespace MeshActors.Controller.Admin;

/// <summary>An operator whose token was checked.</summary>
/// <param name="Scope">The one organization that the token opens; null for a controller's token.</param>
internal sealed record AdminCaller(Principal Principal, OrganizationId? Scope)
{
    /// <summary>The same sentence whether or not the organization exists.</summary>
    public Refusal? Check(OrganizationId organization) => Scope is { } own && own != organization
        ? new Refusal(RefusalCodes.NotAllowed,
            $"This token opens organization '{own}' alone, not '{organization}'; use a controller's token, or one of '{organization}'.")
        : null;

    public Refusal? CheckController() => Scope is { } own
        ? new Refusal(RefusalCodes.NotAllowed,
            $"This token opens organization '{own}' alone; this needs a controller's token, such as DIR/admin.token beside the controller.")
        : null;
}
