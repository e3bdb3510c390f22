using System.Collections.Immutable;
using Akka.Actor;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Regions;
using MeshActors.Domain;

namespace MeshActors.Cluster.Feeds;

/// <summary>Starts a feed for each organization that somebody here asks for, and ends it when nobody does.</summary>
/// <remarks>
/// A feed that fails is stopped, not restarted: its streams are told to connect again, and the first that does starts a
/// new one. A feed that wants to end asks, and hands back the requests that were on their way to it.
/// </remarks>
internal sealed class Feeds : ReceiveActor, IWithTimers
{
    public const string ActorName = "feeds";

    /// <summary>At what <see cref="Beginnings"/> reckons for a node, some twenty organizations of 10,000.</summary>
    public static readonly TimeSpan TakeUpMax = TimeSpan.FromSeconds(6);

    private readonly FeedSettings _settings;
    private readonly Dictionary<OrganizationId, IActorRef> _feeds = [];
    private readonly HashSet<OrganizationId> _unseen = [];

    public Feeds(FeedSettings settings)
    {
        _settings = settings;
        Receive<ForOrganization>(message => Find(message.Organization).Forward(message.Request));
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
        Receive<TakeUp>(message => TakeUpAsync(Self, message.Organizations).PipeTo(Sender));
        Receive<Terminated>(message => Forget(message.ActorRef));
        Receive<LookDue>(_ => Look());
        Receive<Seen>(Tell);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(FeedSettings settings) => Akka.Actor.Props.Create(() => new Feeds(settings));

    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    protected override void PreStart() => LookLater();

    private void LookLater() => Timers.StartSingleTimer("look", LookDue.Instance, _settings.LookInterval);

    private void Look()
    {
        OrganizationId[] begun = [.. _unseen];
        _unseen.Clear();
        // SQLite reads on the thread that asks. A database that is away says the same the next time.
        Task.Run(async () =>
        {
            using var late = new CancellationTokenSource(_settings.LookInterval);
            return new Seen(begun, await _settings.Journal.ReadAsync(begun, late.Token).ConfigureAwait(false));
        }).PipeTo(Self, failure: _ => new Seen(begun, null));
    }

    private void Tell(Seen seen)
    {
        foreach (var (organization, revision) in seen.Heads ?? new Dictionary<OrganizationId, long>())
        {
            _feeds.GetValueOrDefault(organization)?.Tell(new OrganizationFeed.JournalGoesTo(revision));
        }

        if (seen.Heads is null)
        {
            _unseen.UnionWith(seen.Begun.Where(_feeds.ContainsKey));
        }

        LookLater();
    }

    // One after another: joins go on meanwhile.
    private static async Task<TakenUp> TakeUpAsync(IActorRef feeds, ImmutableArray<OrganizationId> organizations)
    {
        using var late = new CancellationTokenSource(TakeUpMax);
        foreach (var organization in organizations.TakeWhile(_ => !late.IsCancellationRequested))
        {
            try
            {
                await feeds.Ask<FeedBoard>(new ForOrganization(organization, OrganizationFeed.GetBoard.Instance), late.Token).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is MeshUnavailableException or RegionAwayException or AskTimeoutException or OperationCanceledException)
            {
                // Who needs it asks again.
            }
        }

        return TakenUp.Instance;
    }

    private IActorRef Find(OrganizationId organization)
    {
        if (!_feeds.TryGetValue(organization, out var feed))
        {
            feed = Context.Watch(Context.ActorOf(OrganizationFeed.Props(organization, _settings)));
            _feeds.Add(organization, feed);
            _unseen.Add(organization);
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

    private sealed record LookDue : INoSerializationVerificationNeeded
    {
        public static readonly LookDue Instance = new();
    }

    /// <param name="Heads">Null when the database did not answer.</param>
    private sealed record Seen(OrganizationId[] Begun, IReadOnlyDictionary<OrganizationId, long>? Heads) : INoSerializationVerificationNeeded;
}
