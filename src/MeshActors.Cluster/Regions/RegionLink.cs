using Akka.Actor;
using Grpc.Core;
using MeshActors.Cluster.Messages;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;

namespace MeshActors.Cluster.Regions;

/// <summary>
/// This process's side of the link to one other region. To its askers it is that region's entities: it answers as they
/// do, or says that the region is away.
/// </summary>
internal sealed class RegionLink : ReceiveActor
{
    /// <summary>Calls under way, of all askers: as many as this process asks of entities at all.</summary>
    private const int CallsMax = 1_000;

    /// <summary>Sightings under way. Further ones are dropped: nothing depends on them, and they must not crowd out commands.</summary>
    private const int NotesMax = 64;

    private readonly RegionPeer _peer;
    private readonly TimeProvider _time;
    private readonly Dictionary<IActorRef, IActorRef> _feeds = [];
    private int _calls;
    private int _notes;

    public RegionLink(RegionPeer peer, TimeProvider time)
    {
        _peer = peer;
        _time = time;
        Receive<ExecuteOrganization>(message => Call(async (client, options) => ToReply(
            message.Organization,
            await client.ExecuteAsync(RegionMapping.ToWire(message.Organization, message.Command, message.Meta), options).ConfigureAwait(false))));
        Receive<GetNodeActivity>(message => Call(async (client, options) => NodeActivityAnswer.Of(
            (await client.GetNodeActivityAsync(new() { Organization = message.Organization.Value, Node = message.Node.ToWire() }, options).ConfigureAwait(false)).ToState())));
        Receive<NodeSeen>(Note);
        Receive<Subscribe>(Subscribe);
        Receive<Terminated>(gone => Forget(gone.ActorRef));
        Receive<CallEnded>(ended =>
        {
            _calls -= ended.IsNote ? 0 : 1;
            _notes -= ended.IsNote ? 1 : 0;
        });
    }

    public static Props Props(RegionPeer peer, TimeProvider time) => Akka.Actor.Props.Create(() => new RegionLink(peer, time));

    /// <summary>A feed's call that fails is stopped: the feed asks again.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    private void Call(Func<Contracts.Region.V1.RegionLink.RegionLinkClient, CallOptions, Task<object>> call)
    {
        if (_calls >= CallsMax)
        {
            Sender.Tell(new RegionAway($"{CallsMax} calls to region '{_peer.Name}' are under way, the most at once; try again."));
        }
        else if (_peer.Find(out var sentence) is not { } gateway)
        {
            Sender.Tell(new RegionAway(sentence));
        }
        else
        {
            _calls++;
            RunAsync(gateway, call, Sender, isNote: false).PipeTo(Self);
        }
    }

    private void Note(NodeSeen message)
    {
        if (_notes < NotesMax && _peer.Find(out _) is { } gateway)
        {
            _notes++;
            var sighting = RegionMapping.ToSighting(message.Organization, message.Node, message.Seen, message.Meta);
            RunAsync(gateway, async (client, options) => await client.NoteAsync(sighting, options).ConfigureAwait(false), ActorRefs.Nobody, isNote: true).PipeTo(Self);
        }
    }

    private async Task<CallEnded> RunAsync(
        RegionPeer.Gateway gateway,
        Func<Contracts.Region.V1.RegionLink.RegionLinkClient, CallOptions, Task<object>> call,
        IActorRef asker,
        bool isNote)
    {
        try
        {
            var options = new CallOptions(_peer.Headers, (_time.GetUtcNow() + LinkProtocol.CallMax).UtcDateTime);
            var answer = await call(gateway.Client, options).ConfigureAwait(false);
            _peer.Answered();
            asker.Tell(answer);
        }
        catch (Exception fault) when (fault is RpcException or FormatException or InvalidOperationException)
        {
            asker.Tell(new RegionAway(_peer.Failed(gateway, RegionPeer.Explain(fault))));
        }

        return new CallEnded(isNote);
    }

    private static object ToReply(OrganizationId organization, Contracts.Region.V1.ExecuteReply reply) => reply.ReplyCase switch
    {
        Contracts.Region.V1.ExecuteReply.ReplyOneofCase.Done => new CommandReply.Done(reply.Done.Revision, RegionMapping.NodeOf(reply.Done)),
        Contracts.Region.V1.ExecuteReply.ReplyOneofCase.Refused => new CommandReply.Refused(new Refusal(reply.Refused.Code, reply.Refused.Message)),
        Contracts.Region.V1.ExecuteReply.ReplyOneofCase.Broken => new EntityBroken(reply.Broken),
        Contracts.Region.V1.ExecuteReply.ReplyOneofCase.WriteFailed => new WriteFailed(reply.WriteFailed),
        Contracts.Region.V1.ExecuteReply.ReplyOneofCase.Moved => new OrganizationElsewhere(
            organization, RegionName.Parse(reply.Moved.Region), new Refusal(RefusalCodes.OrganizationMoved, reply.Moved.Message)),
        _ => throw new FormatException("its answer is of a kind that this build does not know; run a newer build"),
    };

    // One call for each feed, and so one for each organization here, whatever the number of its agents.
    private void Subscribe(Subscribe message)
    {
        if (_feeds.TryGetValue(Sender, out var feed))
        {
            feed.Forward(message);
        }
        else if (_peer.Find(out var sentence) is { } gateway)
        {
            feed = Context.Watch(Context.ActorOf(LinkedFeed.Props(_peer, gateway, message.Organization, Sender)));
            _feeds.Add(Sender, feed);
            feed.Forward(message);
        }
        else
        {
            Sender.Tell(new RegionAway(sentence));
        }
    }

    private void Forget(IActorRef ended)
    {
        foreach (var (follower, _) in _feeds.Where(pair => pair.Value.Equals(ended)).ToList())
        {
            _feeds.Remove(follower);
        }
    }

    private sealed record CallEnded(bool IsNote) : INoSerializationVerificationNeeded;
}
