using System.Threading.Channels;
using Akka.Actor;
using Google.Protobuf;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Messages;
using MeshActors.Contracts.Region.V1;
using MeshActors.Domain;

namespace MeshActors.Cluster.Regions;

/// <summary>A gateway of another region that follows an organization here: to the entity it is a feed like any other.</summary>
internal sealed class ForeignFollower : ReceiveActor
{
    private readonly OrganizationId _organization;
    private readonly IActorRef _organizations;
    private readonly ChannelWriter<FeedMessage> _to;
    private IActorRef _entity = ActorRefs.Nobody;
    private long _passedOn;
    private long _number;

    public ForeignFollower(OrganizationId organization, IActorRef organizations, ChannelWriter<FeedMessage> to)
    {
        _organization = organization;
        _organizations = organizations;
        _to = to;
        Receive<FeedRequest>(request =>
        {
            _passedOn = request.HaveRevision;
            _number = request.Number;
            Ask();
        });
        Receive<StoredEntries>(PassOn);
        Receive<SubscribedWhole>(PassOn);
        Receive<SubscribedState>(PassOn);
        Receive<EntityBroken>(broken => Write(new FeedMessage { Broken = broken.Sentence }));
        Receive<OrganizationElsewhere>(moved => Write(new FeedMessage { Moved = RegionHome.ToWire(moved) }));
        Receive<Terminated>(OnEntityGone);
    }

    public static Props Props(OrganizationId organization, IActorRef organizations, ChannelWriter<FeedMessage> to) =>
        Akka.Actor.Props.Create(() => new ForeignFollower(organization, organizations, to));

    private void Ask() => _organizations.Tell(new Subscribe(_organization, _passedOn, _number));

    private void PassOn(StoredEntries message)
    {
        Hear();
        // Its bytes go on as they stand in the journal.
        var entries = new Entries { AfterRevision = message.AfterRevision, Number = message.Number };
        entries.Entries_.AddRange(message.Entries.Select(entry => RegionHome.ToRow(entry.Revision, entry.Manifest, entry.Bytes)));
        if (message.Entries is [.., var last])
        {
            _passedOn = Math.Max(_passedOn, last.Revision);
        }

        Write(new FeedMessage { Entries = entries });
    }

    private void PassOn(SubscribedState message)
    {
        var snapshot = OrganizationJournal.WriteSnapshot(message.State, message.Revision, message.LastHash);
        PassOn(new SubscribedWhole(_organization, message.Revision, snapshot.Manifest, snapshot.Bytes, message.Number));
    }

    private void PassOn(SubscribedWhole message)
    {
        Hear();
        _passedOn = message.Revision;
        var left = message.Snapshot.AsMemory();
        do
        {
            var piece = left[..Math.Min(left.Length, LinkProtocol.WholePieceBytes)];
            left = left[piece.Length..];
            Write(new FeedMessage
            {
                Whole = new Whole
                {
                    Revision = message.Revision,
                    Manifest = message.Manifest,
                    Snapshot = UnsafeByteOperations.UnsafeWrap(piece),
                    Number = message.Number,
                    Last = left.IsEmpty,
                },
            });
        }
        while (!left.IsEmpty);
    }

    private void Write(FeedMessage message)
    {
        if (!_to.TryWrite(message))
        {
            // It comes back with the revision that it has.
            _to.TryComplete(new IOException($"The link took less than organization '{_organization}' had to say."));
            Context.Stop(Self);
        }
    }

    private void Hear()
    {
        if (!_entity.Equals(Sender))
        {
            Context.Unwatch(_entity);
            _entity = Context.Watch(Sender);
        }
    }

    // Its next incarnation does not know this follower.
    private void OnEntityGone(Terminated gone)
    {
        if (_entity.Equals(gone.ActorRef))
        {
            _entity = ActorRefs.Nobody;
            Ask();
        }
    }
}
