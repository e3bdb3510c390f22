using Akka.Actor;
using Grpc.Core;
using MeshActors.Cluster.Messages;
using MeshActors.Contracts.Region.V1;
using MeshActors.Domain;

namespace MeshActors.Cluster.Regions;

/// <summary>
/// One organization's feed from its home, for one feed of this process: in its eyes this is the entity. It ends with the
/// call, which the feed notices as it notices an entity that is gone: it asks again, from what it has.
/// </summary>
internal sealed class LinkedFeed : ReceiveActor
{
    /// <summary>Questions without a word in between: at 2 s each, the connection is stuck.</summary>
    private const int UnansweredMax = 4;

    private readonly RegionPeer _peer;
    private readonly RegionPeer.Gateway _gateway;
    private readonly OrganizationId _organization;
    private readonly IActorRef _follower;
    private AsyncDuplexStreamingCall<FeedRequest, FeedMessage>? _call;
    private Task _writing = Task.CompletedTask;

    // Written by the reading loop.
    private int _unanswered;

    public LinkedFeed(RegionPeer peer, RegionPeer.Gateway gateway, OrganizationId organization, IActorRef follower)
    {
        _peer = peer;
        _gateway = gateway;
        _organization = organization;
        _follower = follower;
        Receive<Subscribe>(Ask);
        Receive<CallLost>(lost => Lose(lost.Why));
        Receive<Terminated>(_ => Context.Stop(Self));
    }

    public static Props Props(RegionPeer peer, RegionPeer.Gateway gateway, OrganizationId organization, IActorRef follower) =>
        Akka.Actor.Props.Create(() => new LinkedFeed(peer, gateway, organization, follower));

    protected override void PreStart()
    {
        Context.Watch(_follower);
        _call = _gateway.Client.Follow(new CallOptions(_peer.Headers));
        ReadAsync(_call.ResponseStream, Self).PipeTo(Self);
    }

    // Ends the call, and so the reading.
    protected override void PostStop() => _call?.Dispose();

    private void Ask(Subscribe message)
    {
        if (Interlocked.Increment(ref _unanswered) > UnansweredMax)
        {
            Lose("it has gone silent");
        }
        else if (_writing.IsCompleted)
        {
            // A question that finds another on its way is dropped: it is asked again.
            _writing = WriteAsync(new FeedRequest
            {
                Organization = _organization.Value,
                HaveRevision = message.HaveRevision,
                Number = message.Number,
            });
        }
    }

    // What ends the writing ends the reading too, and that is reported.
    private async Task WriteAsync(FeedRequest request) =>
        await _call!.RequestStream.WriteAsync(request).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task<CallLost> ReadAsync(IAsyncStreamReader<FeedMessage> messages, IActorRef self)
    {
        using var whole = new MemoryStream();
        try
        {
            while (await messages.MoveNext().ConfigureAwait(false))
            {
                Interlocked.Exchange(ref _unanswered, 0);
                _peer.Answered();
                if (ToMessage(messages.Current, whole) is { } message)
                {
                    _follower.Tell(message, self);
                }
            }

            return new CallLost(null);
        }
        catch (Exception fault) when (fault is RpcException or FormatException or IOException or OperationCanceledException or InvalidOperationException)
        {
            return new CallLost(RegionPeer.Explain(fault));
        }
    }

    /// <param name="whole">What has come of an organization's whole state.</param>
    private object? ToMessage(FeedMessage message, MemoryStream whole)
    {
        switch (message.MessageCase)
        {
            case FeedMessage.MessageOneofCase.Entries:
                return new StoredEntries(
                    _organization,
                    message.Entries.AfterRevision,
                    [.. message.Entries.Entries_.Select(row => new StoredEntry(row.Revision, row.Manifest, row.Record.ToByteArray()))],
                    message.Entries.Number);
            case FeedMessage.MessageOneofCase.Whole:
                message.Whole.Snapshot.WriteTo(whole);
                if (!message.Whole.Last)
                {
                    return null;
                }

                var bytes = whole.ToArray();
                whole.SetLength(0);
                return new SubscribedWhole(_organization, message.Whole.Revision, message.Whole.Manifest, bytes, message.Whole.Number);
            case FeedMessage.MessageOneofCase.Broken:
                return new EntityBroken(message.Broken);
            case FeedMessage.MessageOneofCase.Moved:
                return new OrganizationElsewhere(
                    _organization, RegionName.Parse(message.Moved.Region), new Refusal(RefusalCodes.OrganizationMoved, message.Moved.Message));
            default:
                // A newer build may say more; a feed does not need it.
                return null;
        }
    }

    private void Lose(string? why)
    {
        if (why is not null)
        {
            _follower.Tell(new RegionAway(_peer.Failed(_gateway, why)));
        }

        Context.Stop(Self);
    }

    /// <param name="Why">Null when the home has said all that there is: the organization is not there.</param>
    private sealed record CallLost(string? Why) : INoSerializationVerificationNeeded;
}
