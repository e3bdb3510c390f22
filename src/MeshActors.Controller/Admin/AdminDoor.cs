using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.Controller.Admin;

/// <summary>Lets an operator's call in, to what its token opens.</summary>
internal sealed class AdminDoor(IMesh mesh, KnownOrganizations organizations)
{
    private static readonly Refusal InvalidToken = new(RefusalCodes.TokenInvalid,
        "The call carries no valid admin token; give one with --token-file or MESHCTL_TOKEN (`meshctl token create` makes one).");

    /// <exception cref="RpcException">No valid token.</exception>
    public async Task<AdminCaller> AdmitAsync(ServerCallContext context)
    {
        if (Caller.FindBearer(context, Bearer.TokenKind) is not { } bearer
            || await FindAsync(bearer, context.CancellationToken).ConfigureAwait(false) is not { IsRevoked: false } token
            || !token.Token.Hash.Matches(bearer.Hash))
        {
            throw InvalidToken.ToRpcException();
        }

        return new AdminCaller(new Principal(PrincipalKind.Token, token.Token.Id, token.Token.Name), ScopeOf(bearer));
    }

    /// <exception cref="RpcException">No valid token, or one of an organization.</exception>
    public async Task<AdminCaller> AdmitControllerAsync(ServerCallContext context)
    {
        var caller = await AdmitAsync(context).ConfigureAwait(false);
        return caller.CheckController() is { } reason ? throw reason.ToRpcException() : caller;
    }

    /// <exception cref="RpcException">No valid token, one of another organization, or no such organization.</exception>
    public async Task<(AdminCaller Caller, OrganizationView View)> AdmitAsync(ServerCallContext context, string organization)
    {
        var caller = await AdmitAsync(context).ConfigureAwait(false);
        if (await organizations.ResolveAsync(organization, context.CancellationToken).ConfigureAwait(false) is not { } id)
        {
            throw (caller.CheckController() ?? new Refusal(RefusalCodes.OrganizationUnknown,
                $"'{organization}' is no organization's name; `meshctl org list` shows those that there are.")).ToRpcException();
        }

        if (caller.Check(id) is { } reason)
        {
            throw reason.ToRpcException();
        }

        return await ViewAsync(id, context.CancellationToken).ConfigureAwait(false) is { } view
            ? (caller, view)
            : throw new Refusal(RefusalCodes.OrganizationUnknown,
                $"There is no organization '{id}'; `meshctl org list` shows those that there are.").ToRpcException();
    }

    /// <summary>Null when there is none.</summary>
    public async Task<OrganizationView?> ViewAsync(OrganizationId organization, CancellationToken cancellationToken) =>
        await organizations.ContainsAsync(organization, cancellationToken).ConfigureAwait(false)
        && await mesh.GetAsync(organization, cancellationToken).ConfigureAwait(false) is { State.Exists: true } view
            ? view
            : null;

    private async Task<TokenState?> FindAsync(Bearer bearer, CancellationToken cancellationToken) =>
        ScopeOf(bearer) is { } organization
            ? (await ViewAsync(organization, cancellationToken).ConfigureAwait(false))?.State.Tokens.GetValueOrDefault(bearer.Id)
            : (await mesh.GetDirectoryAsync(cancellationToken).ConfigureAwait(false)).Tokens.GetValueOrDefault(bearer.Id);

    private static OrganizationId? ScopeOf(Bearer bearer) =>
        bearer.Scope == Bearer.ControllerScope ? null : OrganizationId.Parse(bearer.Scope);
}
