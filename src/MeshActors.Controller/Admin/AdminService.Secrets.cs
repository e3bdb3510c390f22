using Grpc.Core;
using MeshActors.Controller.Gateway;
using MeshActors.Controller.Trust;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using V1 = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Controller.Admin;

/// <summary>Join keys and tokens: the secret is in the answer to the creation, and nowhere after it.</summary>
internal sealed partial class AdminService
{
    /// <summary>Time to set the other machine up; a key that lies about longer could be used by another.</summary>
    private static readonly TimeSpan ReplacementKeyValidity = TimeSpan.FromHours(1);

    /// <summary>As long as the CA is valid.</summary>
    private static readonly TimeSpan ValidityMax = TimeSpan.FromDays(3650);

    public override async Task<V1.JoinKey> CreateJoinKey(V1.CreateJoinKeyRequest request, ServerCallContext context)
    {
        var (caller, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        return await CreateJoinKeyAsync(
            view.State.Id, !request.SingleUse, Expiry(request.ExpiresInSeconds), null, request.Description, caller, context).ConfigureAwait(false);
    }

    public override async Task<V1.ListJoinKeysReply> ListJoinKeys(V1.ListJoinKeysRequest request, ServerCallContext context)
    {
        var (_, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        return new V1.ListJoinKeysReply { Keys = { view.State.JoinKeys.Values.Select(key => AdminMapping.ToMessage(key, view.State.Id)) } };
    }

    public override async Task<V1.JoinKey> RevokeJoinKey(V1.RevokeJoinKeyRequest request, ServerCallContext context)
    {
        var (caller, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        await ExecuteAsync(view.State.Id, new OrganizationCommand.RevokeJoinKey(request.Id), caller, context).ConfigureAwait(false);
        return view.State.JoinKeys.TryGetValue(request.Id, out var key)
            ? AdminMapping.ToMessage(key with { IsRevoked = true }, view.State.Id)
            : new V1.JoinKey { Id = request.Id, Organization = view.State.Id.Value, Revoked = true };
    }

    public override async Task<V1.Token> CreateToken(V1.CreateTokenRequest request, ServerCallContext context)
    {
        var name = CheckDescription("name", request.Name);
        if (request.Organization.Length > 0)
        {
            var (caller, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
            var (shown, token) = NewToken(view.State.Id.Value, name);
            await ExecuteAsync(view.State.Id, new OrganizationCommand.CreateToken(token), caller, context).ConfigureAwait(false);
            return Shown(AdminMapping.ToMessage(new TokenState(token, IsRevoked: false), view.State.Id), shown);
        }

        var operatorOfAll = await door.AdmitControllerAsync(context).ConfigureAwait(false);
        var (secret, ofController) = NewToken(Bearer.ControllerScope, name);
        await ExecuteAsync(new DirectoryCommand.CreateToken(ofController), operatorOfAll, context).ConfigureAwait(false);
        return Shown(AdminMapping.ToMessage(new TokenState(ofController, IsRevoked: false), null), secret);
    }

    public override async Task<V1.ListTokensReply> ListTokens(V1.ListTokensRequest request, ServerCallContext context)
    {
        if (request.Organization.Length > 0)
        {
            var (_, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
            return new V1.ListTokensReply { Tokens = { view.State.Tokens.Values.Select(token => AdminMapping.ToMessage(token, view.State.Id)) } };
        }

        await door.AdmitControllerAsync(context).ConfigureAwait(false);
        var directory = await mesh.GetDirectoryAsync(context.CancellationToken).ConfigureAwait(false);
        return new V1.ListTokensReply { Tokens = { directory.Tokens.Values.Select(token => AdminMapping.ToMessage(token, null)) } };
    }

    public override async Task<V1.Token> RevokeToken(V1.RevokeTokenRequest request, ServerCallContext context)
    {
        if (request.Organization.Length > 0)
        {
            var (caller, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
            await ExecuteAsync(view.State.Id, new OrganizationCommand.RevokeToken(request.Id), caller, context).ConfigureAwait(false);
            return Revoked(request, view.State.Tokens.GetValueOrDefault(request.Id), view.State.Id);
        }

        var operatorOfAll = await door.AdmitControllerAsync(context).ConfigureAwait(false);
        await ExecuteAsync(new DirectoryCommand.RevokeToken(request.Id), operatorOfAll, context).ConfigureAwait(false);
        var directory = await mesh.GetDirectoryAsync(context.CancellationToken).ConfigureAwait(false);
        return Revoked(request, directory.Tokens.GetValueOrDefault(request.Id), null);
    }

    private async Task<V1.JoinKey> CreateJoinKeyAsync(
        OrganizationId organization,
        bool isReusable,
        DateTimeOffset? expires,
        NodeId? replaces,
        string description,
        AdminCaller caller,
        ServerCallContext context)
    {
        var secret = Secrets.New(Bearer.JoinKeyKind, organization.Value, authority.Pin);
        var key = new JoinKey(secret.Id, secret.Hash, isReusable, expires, replaces, CheckDescription("description", description));
        await ExecuteAsync(organization, new OrganizationCommand.CreateJoinKey(key), caller, context).ConfigureAwait(false);
        var message = AdminMapping.ToMessage(new JoinKeyState(key, IsRevoked: false, SpentBy: null), organization);
        message.Secret = secret.Reveal();
        return message;
    }

    /// <summary>Null for never. In whole milliseconds, as the journal keeps it.</summary>
    private DateTimeOffset? Expiry(long seconds) => seconds switch
    {
        0 => null,
        < 0 => throw Refusals.Malformed($"expires_in_seconds is {seconds}; give a number of seconds from now, or 0 for the default."),
        _ when seconds > ValidityMax.TotalSeconds => throw Refusals.Malformed($"expires_in_seconds is {seconds}; the most is {ValidityMax.TotalSeconds}, ten years."),
        _ => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds() + (seconds * 1000)),
    };

    private (Bearer Shown, AccessToken Token) NewToken(string scope, string name)
    {
        var secret = Secrets.New(Bearer.TokenKind, scope, authority.Pin);
        return (secret, new AccessToken(secret.Id, secret.Hash, name));
    }

    private static V1.Token Shown(V1.Token message, Bearer secret)
    {
        message.Secret = secret.Reveal();
        return message;
    }

    private static V1.Token Revoked(V1.RevokeTokenRequest request, TokenState? token, OrganizationId? organization) => token is null
        ? new V1.Token { Id = request.Id, Organization = request.Organization, Revoked = true }
        : AdminMapping.ToMessage(token with { IsRevoked = true }, organization);
}
