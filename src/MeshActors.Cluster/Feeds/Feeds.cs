using Akka.Actor;
using MeshActors.Cluster.Messages;
using MeshActors.Domain;

namespace MeshActors.Cluster.Feeds;

/// <summary>Starts a feed for each organization that somebody here asks for, and ends it when nobody does.</summary>
/// <remarks>
/// A feed that fails is stopped, not restarted: its streams are told to connect again, and the first that does starts a
/// new one. A feed that wants to end asks, so that a request already on its way still finds it.
/// </remarks>
internal sealed class Feeds : ReceiveActor
{
    public const string ActorName = "feeds";

    private readonly Dictionary<OrganizationId, IActorRef> _feeds = [];

    public Feeds(FeedSettings settings)
    {
        Receive<ForOrganization>(message => Find(message.Organization, settings).Forward(message.Request));
        Receive<Retire>(message =>
        {
            if (_feeds.TryGetValue(message.Organization, out var feed) && feed.Equals(Sender))
            {
                _feeds.Remove(message.Organization);
                feed.Tell(StopEntity.Instance);
            }
        });
        Receive<SessionStarted>(message => _feeds.GetValueOrDefault(message.Organization)?.Forward(message));
        Receive<GetPresence>(message =>
        {
            if (_feeds.TryGetValue(message.Organization, out var feed))
            {
                feed.Forward(message);
            }
            else
            {
                Sender.Tell(PresenceAnswer.None);
            }
        });
        Receive<GetLags>(message =>
        {
            if (_feeds.TryGetValue(message.Organization, out var feed))
            {
                feed.Forward(message);
            }
            else
            {
                Sender.Tell(LagsAnswer.None);
            }
        });
        Receive<Terminated>(message => Forget(message.ActorRef));
    }

    public static Props Props(FeedSettings settings) => Akka.Actor.Props.Create(() => new Feeds(settings));

    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    private IActorRef Find(OrganizationId organization, FeedSettings settings)
    {
        if (!_feeds.TryGetValue(organization, out var feed))
        {
            feed = Context.Watch(Context.ActorOf(OrganizationFeed.Props(organization, settings)));
            _feeds.Add(organization, feed);
        }

        return feed;
    }

    private void Forget(IActorRef feed)
    {
        foreach (var (organization, _) in _feeds.Where(pair => pair.Value.Equals(feed)).ToList())
        {
            _feeds.Remove(organization);
        }
    }

    internal sealed record ForOrganization(OrganizationId Organization, OrganizationFeed.IFeedRequest Request) : INoSerializationVerificationNeeded;

    internal sealed record Retire(OrganizationId Organization) : INoSerializationVerificationNeeded;
}
