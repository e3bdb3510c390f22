using Grpc.Core;
using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Region.V1;
using MeshActors.Controller.Gateway;

namespace MeshActors.Controller.Regions;

/// <summary>What gateways of other regions ask of organizations that are at home here.</summary>
internal sealed class RegionLinkService(RegionHome home, RegionDoor door, IHostApplicationLifetime lifetime) : StrictRegionBase
{
    public override Task<ExecuteReply> Execute(ExecuteRequest request, ServerCallContext context) =>
        AnswerAsync(context, token => home.ExecuteAsync(request, token));

    public override Task<NodeActivityReply> GetNodeActivity(NodeActivityRequest request, ServerCallContext context) =>
        AnswerAsync(context, token => home.GetNodeActivityAsync(request, token));

    public override Task<Noted> Note(NodeSighting request, ServerCallContext context) =>
        AnswerAsync(context, async token =>
        {
            await home.NoteAsync(request, token).ConfigureAwait(false);
            return new Noted();
        });

    public override Task Follow(IAsyncStreamReader<FeedRequest> requestStream, IServerStreamWriter<FeedMessage> responseStream, ServerCallContext context) =>
        AnswerAsync(context, async token =>
        {
            await home.FollowAsync(requestStream, responseStream, token).ConfigureAwait(false);
            return true;
        });

    public override Task ReadRows(ReadRowsRequest request, IServerStreamWriter<Rows> responseStream, ServerCallContext context) =>
        AnswerAsync(context, async token =>
        {
            await foreach (var rows in home.ReadRowsAsync(request, token).ConfigureAwait(false))
            {
                await responseStream.WriteAsync(rows, token).ConfigureAwait(false);
            }

            return true;
        });

    public override Task Arrive(ArriveRequest request, IServerStreamWriter<ArriveProgress> responseStream, ServerCallContext context) =>
        AnswerAsync(context, async token =>
        {
            await foreach (var step in home.ArriveAsync(request, token).ConfigureAwait(false))
            {
                await responseStream.WriteAsync(step, token).ConfigureAwait(false);
            }

            return true;
        });

    private async Task<T> AnswerAsync<T>(ServerCallContext context, Func<CancellationToken, Task<T>> answer)
    {
        door.Admit(context);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            return await answer(ending.Token).ConfigureAwait(false);
        }
        catch (FormatException fault)
        {
            throw Refusals.Malformed(fault.Message);
        }
        catch (TimeoutException fault)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, fault.Message));
        }
        catch (Exception fault) when (fault is MeshUnavailableException or IOException)
        {
            throw Refusals.Unavailable(fault.Message);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Refusals.Unavailable("This gateway is stopping; come back to it or another.");
        }
    }
}
