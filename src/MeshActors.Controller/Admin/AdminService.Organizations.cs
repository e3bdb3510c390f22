using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Organizations;
using V1 = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Controller.Admin;

internal sealed partial class AdminService
{
    public override async Task<V1.Organization> CreateOrganization(V1.CreateOrganizationRequest request, ServerCallContext context)
    {
        var caller = await door.AdmitControllerAsync(context).ConfigureAwait(false);
        if (await organizations.ResolveAsync(request.Name, context.CancellationToken).ConfigureAwait(false) is not { } id
            || (id.Region is not null && regions.Homes.Own is null))
        {
            throw new Refusal(RefusalCodes.NameMalformed,
                $"An organization's name has 1 to {OrganizationId.LengthMax} of a-z, 0-9 and '-', and does not begin or end with '-'; "
                + "'@REGION' may follow where controllers have regions.").ToRpcException();
        }

        var existing = await door.ViewAsync(id, context.CancellationToken).ConfigureAwait(false);
        var create = new OrganizationCommand.Create(id, Pools.Read(request.PoolV4, request.PoolV6));
        // Decided here too: a name that is registered for refused pools would stay without an organization.
        if (Organization.Decide(existing?.State ?? OrganizationState.Initial, create, time.GetUtcNow()) is Decision<OrganizationEvent>.Rejected(var reason))
        {
            throw reason.ToRpcException();
        }

        // Another region registers its own.
        if (regions.Homes.IsHere(id))
        {
            await ExecuteAsync(new DirectoryCommand.RegisterOrganization(id), caller, context).ConfigureAwait(false);
        }

        await ExecuteAsync(id, create, caller, context).ConfigureAwait(false);
        return await door.ViewAsync(id, context.CancellationToken).ConfigureAwait(false) is { } view
            ? AdminMapping.ToMessage(view)
            : throw Refusals.Unavailable();
    }

    public override async Task<V1.ListOrganizationsReply> ListOrganizations(V1.ListOrganizationsRequest request, ServerCallContext context)
    {
        var caller = await door.AdmitAsync(context).ConfigureAwait(false);
        var directory = await mesh.GetDirectoryAsync(context.CancellationToken).ConfigureAwait(false);
        var reply = new V1.ListOrganizationsReply();
        foreach (var id in directory.Organizations.Where(id => caller.Check(id) is null))
        {
            if (await FindHereAsync(id, context.CancellationToken).ConfigureAwait(false) is { } view)
            {
                reply.Organizations.Add(AdminMapping.ToMessage(view));
            }
        }

        return reply;
    }

    /// <summary>Null for one that is not there, and for one that has moved to another region.</summary>
    private async Task<OrganizationView?> FindHereAsync(OrganizationId id, CancellationToken cancellationToken)
    {
        try
        {
            return await mesh.GetAsync(id, cancellationToken).ConfigureAwait(false) is { State: { Exists: true } state } view
                && (state.Home is null || regions.Homes.Own is null || state.Home == regions.Homes.Own)
                ? view
                : null;
        }
        catch (RegionAwayException)
        {
            return null;
        }
    }

    public override async Task<V1.Organization> GetOrganization(V1.GetOrganizationRequest request, ServerCallContext context)
    {
        var (_, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        return AdminMapping.ToMessage(view);
    }

    public override async Task<V1.ListPrefixesReply> ListPrefixes(V1.ListPrefixesRequest request, ServerCallContext context)
    {
        var (_, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        return new V1.ListPrefixesReply { Prefixes = { AdminMapping.ToHoldings(view.State) } };
    }

    public override async Task StreamEvents(
        V1.StreamEventsRequest request, IServerStreamWriter<V1.Event> responseStream, ServerCallContext context)
    {
        var (_, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        if (request.FromRevision < 0 || request.ToRevision < 0)
        {
            throw Refusals.Malformed("A revision is negative; the first is 1.");
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var entries = mesh.EventsAsync(view.State.Id, Math.Max(1, request.FromRevision), request.ToRevision, request.Follow, ending.Token);
        try
        {
            await foreach (var entry in entries.ConfigureAwait(false))
            {
                await responseStream.WriteAsync(AdminMapping.ToMessage(entry), ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Stopping();
        }
    }
}
