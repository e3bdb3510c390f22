using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Projections;
using MeshActors.Controller.Gateway;
using MeshActors.Controller.Hosting;
using MeshActors.Controller.Trust;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Organizations;
using V1 = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Controller.Admin;

/// <summary>The admin API. Each method lets the caller in first; refusals are gRPC errors.</summary>
internal sealed partial class AdminService(
    IMesh mesh,
    AdminDoor door,
    KnownOrganizations organizations,
    RegionLinks regions,
    OrganizationMove move,
    Finding finding,
    Summing summing,
    CertificateAuthority authority,
    ControllerIdentity identity,
    ConnectedAgents connected,
    RefusalLog refusals,
    ProjectionLag lag,
    MeshOptions options,
    IHostApplicationLifetime lifetime,
    ILogger<AdminService> logger,
    TimeProvider time) : StrictAdminBase
{
    /// <summary>Less than operators' clients wait, so that they hear why; a stored command takes milliseconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    public override async Task<V1.Status> GetStatus(V1.GetStatusRequest request, ServerCallContext context)
    {
        await door.AdmitControllerAsync(context).ConfigureAwait(false);
        var directory = await mesh.GetDirectoryAsync(context.CancellationToken).ConfigureAwait(false);
        var (furthestBehind, revisionsBehind) = lag.Largest ?? default;
        var status = new V1.Status
        {
            Version = identity.Version,
            StartedUnixMs = identity.StartedAt.ToUnixTimeMilliseconds(),
            Address = identity.Url,
            Organizations = directory.Organizations.Count,
            ConnectedAgents = connected.Count,
            Journal = options.Journal.Kind,
            MemoryBytes = Environment.WorkingSet,
            ProjectionLag = revisionsBehind,
            ProjectionLagOrganization = furthestBehind.Value ?? "",
        };
        foreach (var ((refusedAt, code), count) in refusals.Counts)
        {
            status.Refusals[$"{refusedAt}/{code}"] = count;
        }

        return status;
    }

    private Meta MetaOf(ServerCallContext context, AdminCaller caller) => Caller.Meta(context, time, caller.Principal);

    private Task<CommandReply.Done> ExecuteAsync(
        OrganizationId organization, OrganizationCommand command, AdminCaller caller, ServerCallContext context) =>
        WithinPatienceAsync(token => mesh.ExecuteAsync(organization, command, MetaOf(context, caller), token), context);

    private Task<CommandReply.Done> ExecuteAsync(DirectoryCommand command, AdminCaller caller, ServerCallContext context) =>
        WithinPatienceAsync(token => mesh.ExecuteAsync(command, MetaOf(context, caller), token), context);

    private static async Task<CommandReply.Done> WithinPatienceAsync(
        Func<CancellationToken, Task<CommandReply>> command, ServerCallContext context)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        late.CancelAfter(Patience);
        try
        {
            return DoneOrThrow(await command(late.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw Refusals.Unavailable();
        }
    }

    private static CommandReply.Done DoneOrThrow(CommandReply reply) => reply switch
    {
        CommandReply.Done done => done,
        CommandReply.Refused(var reason) => throw reason.ToRpcException(),
        _ => throw new System.Diagnostics.UnreachableException(reply.ToString()),
    };

    private static string CheckDescription(string field, string text) =>
        text.Length <= Limits.DescriptionLengthMax && !text.Any(char.IsControl)
            ? text
            : throw Refusals.Malformed($"{field} has {text.Length} characters or control characters; it may have {Limits.DescriptionLengthMax} printable ones.");
}
