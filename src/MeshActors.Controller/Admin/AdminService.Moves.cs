using Grpc.Core;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using V1 = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Controller.Admin;

internal sealed partial class AdminService
{
    public override async Task MoveOrganization(
        V1.MoveOrganizationRequest request, IServerStreamWriter<V1.MoveProgress> responseStream, ServerCallContext context)
    {
        await door.AdmitControllerAsync(context).ConfigureAwait(false);
        var (caller, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        if (!RegionName.TryParse(request.Region, out var region))
        {
            throw new Refusal(RefusalCodes.RegionUnknown,
                $"'{request.Region}' is no region's name; give one that the controllers know by --peer-region.").ToRpcException();
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        await foreach (var step in move.RunAsync(view.State, region, MetaOf(context, caller), ending.Token).ConfigureAwait(false))
        {
            if (step.Refused is { } reason)
            {
                throw reason.ToRpcException();
            }

            await responseStream.WriteAsync(new V1.MoveProgress { Revision = step.Revision, Settled = step.IsSettled }, ending.Token).ConfigureAwait(false);
        }
    }
}
