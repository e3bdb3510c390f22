using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Cluster.Messages;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;
using V1 = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Controller.Admin;

internal sealed partial class AdminService
{
    public override async Task<V1.ListNodesReply> ListNodes(V1.ListNodesRequest request, ServerCallContext context)
    {
        var (_, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        var lags = await LagsAsync(view, context.CancellationToken).ConfigureAwait(false);
        var nodes = view.State.Nodes.Values.Where(node => request.IncludeRemoved || !node.IsRemoved);
        return new V1.ListNodesReply
        {
            Revision = view.Revision,
            Nodes = { nodes.Select(node => WithLag(AdminMapping.ToMessage(node, view), lags.GetValueOrDefault(node.Id))) },
        };
    }

    public override async Task<V1.Node> GetNode(V1.GetNodeRequest request, ServerCallContext context)
    {
        var (_, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        var node = Find(view, request.Node);
        var activity = await mesh.GetNodeAsync(view.State.Id, node.Id, context.CancellationToken).ConfigureAwait(false);
        var lags = await LagsAsync(view, context.CancellationToken).ConfigureAwait(false);
        return WithActivity(WithLag(AdminMapping.ToMessage(node, view), lags.GetValueOrDefault(node.Id)), node, activity);
    }

    public override async Task<V1.Node> RemoveNode(V1.RemoveNodeRequest request, ServerCallContext context)
    {
        var (caller, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        var node = Find(view, request.Node);
        var done = await ExecuteAsync(view.State.Id, new OrganizationCommand.RemoveNode(node.Id), caller, context).ConfigureAwait(false);
        return AdminMapping.ToMessage(done.Node ?? node with { IsRemoved = true }, view);
    }

    public override async Task<V1.JoinKey> ReplaceNode(V1.ReplaceNodeRequest request, ServerCallContext context)
    {
        var (caller, view) = await door.AdmitAsync(context, request.Organization).ConfigureAwait(false);
        var node = Find(view, request.Node);
        var expires = Expiry(request.ExpiresInSeconds) ?? time.GetUtcNow() + ReplacementKeyValidity;
        return await CreateJoinKeyAsync(
            view.State.Id, isReusable: false, expires, node.Id, $"replaces {node.Name}", caller, context).ConfigureAwait(false);
    }

    private static Node Find(OrganizationView view, string text) =>
        NodeLookup.Find(view.State, text, out var node) is { } reason ? throw reason.ToRpcException() : node;

    private async Task<IReadOnlyDictionary<NodeId, NodeLag>> LagsAsync(OrganizationView view, CancellationToken cancellationToken)
    {
        var lags = await mesh.GetLagsAsync(view.State.Id, cancellationToken).ConfigureAwait(false);
        return lags.GroupBy(lag => lag.Node).ToDictionary(group => group.Key, group => group.First());
    }

    private static V1.Node WithLag(V1.Node message, NodeLag? lag)
    {
        if (message.Connected && message.Lag > 0 && lag is not null)
        {
            message.BehindSinceUnixMs = lag.BehindSince.ToUnixTimeMilliseconds();
            message.Stuck = lag.IsStuck;
        }

        return message;
    }

    /// <summary>What the node's own entity remembers, also of before this process's start.</summary>
    private static V1.Node WithActivity(V1.Node message, Node node, NodeActivityState activity)
    {
        message.FormerKeys.AddRange(activity.Keys.Where(key => key != node.Key).Select(key => key.ToString()));
        message.Sessions.AddRange(activity.Sessions.Select(ToMessage));
        if (message.Warnings.Count == 0)
        {
            message.Warnings.AddRange(activity.Warnings);
        }

        if (message.LastSeenUnixMs == 0 && activity.Sessions is [var last, ..])
        {
            message.LastSeenUnixMs = (last.ClosedAt ?? last.OpenedAt).ToUnixTimeMilliseconds();
            message.AgentVersion = last.AgentVersion;
            message.AppliedRevision = activity.AppliedRevision;
        }

        return message;
    }

    private static V1.NodeSession ToMessage(NodeSession session) => new()
    {
        OpenedUnixMs = session.OpenedAt.ToUnixTimeMilliseconds(),
        ClosedUnixMs = session.ClosedAt?.ToUnixTimeMilliseconds() ?? 0,
        RemoteAddress = session.RemoteAddress,
        AgentVersion = session.AgentVersion,
        Reason = session.Reason,
    };
}
