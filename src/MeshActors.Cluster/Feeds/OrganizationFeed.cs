using Akka.Actor;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Regions;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using Microsoft.Extensions.Logging;

namespace MeshActors.Cluster.Feeds;

/// <summary>
/// One organization on this process: follows its entity from a revision on, shows each new picture to the streams, and
/// knows who is connected. It subscribes before it takes anything, and a gap or a silence makes it ask again.
/// </summary>
internal sealed partial class OrganizationFeed : ReceiveActor, IWithTimers
{
    /// <summary>Callers that wait for the first picture, or for a credential to be looked up: each is an open call.</summary>
    private const int WaitingMax = 20_000;

    private readonly OrganizationId _id;
    private readonly FeedSettings _settings;
    private readonly ILogger _logger;
    private readonly Subscription _subscription;
    private readonly Followers _followers;
    private readonly FeedPast _past;
    private readonly List<Waiting> _waiting = [];
    private readonly List<Waiting> _waitingForPast = [];
    private FeedFold? _fold;
    private long? _shownAt;
    private bool _isShowDue;
    private IActorRef _entity = ActorRefs.Nobody;
    private long _usedAt;

    // The journal goes further than this feed, since; and the last question to the entity before that.
    private (long Revision, long Since, long Asked)? _beyond;

    // Why nothing is heard from its home; null while something is.
    private string? _away;

    public OrganizationFeed(OrganizationId id, FeedSettings settings)
    {
        _id = id;
        _settings = settings;
        _logger = settings.Logger;
        _subscription = new Subscription(id, settings.Organizations, settings.Time);
        _followers = new Followers(id, settings);
        _past = new FeedPast(id, settings.Rows);
        _usedAt = settings.Time.GetTimestamp();
        Receive<Follow>(message => WhenKnown(message));
        Receive<GetView>(message => WhenKnown(message));
        Receive<GetBoard>(message => WhenKnown(message));
        Receive<JournalHas>(message => _subscription.Ask(Self, Math.Max(message.Revision, Have)));
        Receive<JournalGoesTo>(OnJournalGoesTo);
        Receive<Unfollow>(message => _followers.Remove(message.Following));
        Receive<Warned>(message => _followers.Warn(message.Following, message.Warnings));
        Receive<TakenForKnown>(message => _followers.TakeForKnown(message.Following, _subscription.Number + 1));
        Receive<ShowDue>(_ => ShowDueNow());
        Receive<FeedPast.PastRead>(OnPastRead);
        Receive<SessionStarted>(message => _followers.MakeWay(message.Node));
        Receive<GetPresence>(_ => Sender.Tell(new PresenceAnswer([.. _followers.Presence().Select(pair => new NodePresence(pair.Key, pair.Value))])));
        Receive<GetLags>(_ => Sender.Tell(new LagsAnswer([.. _followers.Lags()])));
        Receive<StoredEntries>(OnEntries);
        Receive<SubscribedWhole>(OnWholeFromElsewhere);
        Receive<SubscribedState>(message => OnWhole(message.Number, message.Revision, () => (message.State, message.LastHash)));
        Receive<EntityBroken>(OnBroken);
        Receive<RegionAway>(OnAway);
        Receive<OrganizationElsewhere>(moved => _settings.Homes.Learn(_id, moved.Region));
        Receive<Terminated>(OnEntityGone);
        Receive<Begin>(_ => _subscription.Begin(Self, Have));
        Receive<Tick>(_ => OnTick());
        Receive<StopEntity>(_ => End());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(OrganizationId id, FeedSettings settings) =>
        Akka.Actor.Props.Create(() => new OrganizationFeed(id, settings));

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, _settings.TickInterval);
        if (_settings.Beginnings.Wait() is var wait && wait > TimeSpan.Zero)
        {
            Timers.StartSingleTimer(nameof(Begin), Begin.Instance, wait);
        }
        else
        {
            _subscription.Begin(Self, Have);
        }
    }

    protected override void PostStop()
    {
        _followers.CutAll(GoAwayCodes.GoingAway, "This controller process is stopping; connect again.");
        _settings.Gauges.Forget(_id);
        _settings.Replicas.Forget(_id);
    }

    private long Have => _fold?.Revision ?? 0;

    private void WhenKnown(IFeedRequest request)
    {
        _usedAt = _settings.Time.GetTimestamp();
        if (_fold is null)
        {
            // An agent that has a map can wait for news.
            if (request is not Follow { Request.HaveRevision: > 0 })
            {
                _subscription.Begin(Self, Have);
            }

            Wait(Ask(request));
        }
        else
        {
            Answer(Ask(request));
        }
    }

    private Waiting Ask(IFeedRequest request) => new(Sender, request, 0, _settings.Time.GetTimestamp());

    private void Wait(Waiting waiting)
    {
        if (_waiting.Count >= WaitingMax)
        {
            waiting.Caller.Tell(new Status.Failure(new MeshUnavailableException($"More than {WaitingMax} calls wait for organization '{_id}'; try again.")));
            return;
        }

        _waiting.Add(waiting);
    }

    private void Answer(Waiting waiting)
    {
        switch (waiting.Request)
        {
            // An operator reads what was answered before, whoever stored it: the entity is asked for what is missing.
            case GetView when waiting.Number == 0:
                WaitForNews(waiting);
                break;
            case GetView when _fold is { } fold:
                waiting.Caller.Tell(new View(fold.State.Exists ? new OrganizationView(fold.Revision, fold.State, _followers.Presence()) : null));
                break;
            case GetBoard when _fold is { } fold:
                ShowNow(fold);
                waiting.Caller.Tell(fold.Board);
                break;
            case Follow follow when _fold is { } fold:
                Admit(waiting, follow, fold);
                break;
        }
    }

    // A credential that is not known here may have been made a moment ago on another process: the entity is asked before
    // anybody is turned away, one question at a time for all who wait.
    private void Admit(Waiting waiting, Follow follow, FeedFold fold)
    {
        if (IsAhead(follow.Request, fold) && _settings.Time.GetElapsedTime(waiting.Since) < _settings.LagMax)
        {
            if (waiting.Number == 0)
            {
                WaitForNews(waiting);
            }
            else
            {
                Wait(waiting);
            }

            return;
        }

        if (_past.Concerns(follow.Request.HaveRevision, fold) && _waitingForPast.Count < WaitingMax && IsWelcome(follow.Request, fold))
        {
            _waitingForPast.Add(waiting);
            _past.Read(Self, follow.Request.HaveRevision, fold);
            return;
        }

        // No stream begins beyond the picture that it sees.
        if (follow.Request.HaveRevision > fold.Board.Current.Revision)
        {
            ShowNow(fold);
        }

        var reply = _followers.Admit(follow.Request, fold, Self);
        if (reply is FollowReply.Refused && waiting.Number == 0)
        {
            WaitForNews(waiting);
            return;
        }

        waiting.Caller.Tell(new FollowAnswer(reply));
    }

    // It comes from a process that knows more: it is not led back while this one catches up.
    private bool IsAhead(FollowRequest request, FeedFold fold) =>
        request.HaveRevision > fold.Revision && IsWelcome(request, fold);

    private bool IsWelcome(FollowRequest request, FeedFold fold) =>
        CredentialCheck.Refusal(fold.State, _id, request.Node, request.Credential) is null;

    private void OnPastRead(FeedPast.PastRead past)
    {
        _past.Take(past, _fold);
        var ready = _waitingForPast.ToList();
        _waitingForPast.Clear();
        ready.ForEach(Answer);
    }

    private void WaitForNews(Waiting waiting)
    {
        Wait(waiting with { Number = _subscription.Number + 1 });
        _subscription.AskIfIdle(Self, Have);
    }

    private void OnEntries(StoredEntries message)
    {
        Hear(message.Number);
        if (_fold is null || !_fold.TryAdd(message.Entries))
        {
            _subscription.AskIfIdle(Self, Have);
            return;
        }

        ShowReplica(_fold);
        ShowSoon(_fold);
        _followers.CutVoid(_fold.State, _fold.TakeCredentialChanges());
        _followers.Confirm(_fold.State, _subscription.Answered);
        FollowHome();
        AnswerWaiting();
    }

    // What comes after a pause is shown at once; what follows on its heels waits for company.
    private void ShowSoon(FeedFold fold)
    {
        if (!fold.HasUnshown || _isShowDue)
        {
            return;
        }

        var wait = _shownAt is { } shown ? FeedSettings.CompanyMax - TimeProvider.System.GetElapsedTime(shown) : TimeSpan.Zero;
        if (wait <= TimeSpan.Zero)
        {
            ShowNow(fold);
            return;
        }

        _isShowDue = true;
        Task.Delay(wait).PipeTo(Self, success: static () => ShowDue.Instance);
    }

    private void ShowDueNow()
    {
        _isShowDue = false;
        if (_fold is { } fold)
        {
            ShowNow(fold);
        }
    }

    private void ShowNow(FeedFold fold)
    {
        if (fold.HasUnshown)
        {
            fold.Show();
            _shownAt = TimeProvider.System.GetTimestamp();
        }
    }

    // Nearly always it is on its way here.
    private void OnJournalGoesTo(JournalGoesTo journal)
    {
        if (journal.Revision > Have && _settings.Homes.IsHere(_id))
        {
            _beyond ??= (journal.Revision, _settings.Time.GetTimestamp(), _subscription.Number);
            _subscription.AskIfIdle(Self, Have);
        }
    }

    // Where the cluster's halves did not agree on a home, an entity lives on that somebody else stores for. It would learn so
    // by its next write; until then it has no news. One that answers nothing is on its way from a dead process.
    private void LeaveOvertaken()
    {
        if (_beyond is not { } beyond)
        {
            return;
        }

        if (beyond.Revision <= Have)
        {
            _beyond = null;
        }
        else if (_subscription.Answered > beyond.Asked && _settings.Time.GetElapsedTime(beyond.Since) > _settings.OvertakenAfter)
        {
            Overtaken(_id, Have, beyond.Revision);
            _beyond = null;
            _subscription.Ask(Self, beyond.Revision);
        }
    }

    // Its journal says where it went: the rest of it is there.
    private void FollowHome()
    {
        if (_fold?.State.Home is { } home && _settings.Homes.Learn(_id, home))
        {
            _subscription.Ask(Self, Have);
        }
    }

    private void OnWholeFromElsewhere(SubscribedWhole message)
    {
        var isFirst = _fold is null;
        OnWhole(message.Number, message.Revision, () => FeedFold.Read(message));
        if (isFirst && _fold is { } fold)
        {
            _settings.Beginnings.Took(fold.State.Nodes.Count);
        }
    }

    private void OnWhole(long number, long revision, Func<(OrganizationState State, byte[] LastHash)> read)
    {
        // Of an older question: perhaps from an entity that has lost its place since. And on its way to another region the
        // organization may be asked for where only a part of it has arrived.
        if (number < _subscription.Answered || (_fold is { State.MovingTo: not null } known && revision < known.Revision))
        {
            return;
        }

        Hear(number);
        if (_fold is null || revision != _fold.Revision)
        {
            var (state, lastHash) = read();
            TakeWhole(state, revision, lastHash);
        }

        _followers.Confirm(_fold!.State, _subscription.Answered);
        FollowHome();
        AnswerWaiting();
        if (_fold is { State.Exists: false } && _waiting.Count == 0)
        {
            Context.Parent.Tell(new Feeds.Retire(_id));
        }
    }

    // An earlier one comes from a journal that was restored from a backup: an entity that is only behind says nothing.
    private void TakeWhole(OrganizationState state, long revision, byte[] lastHash)
    {
        if (_fold is not null && revision > _fold.Revision)
        {
            _fold.Jump(state, revision, lastHash);
        }
        else
        {
            _fold = new FeedFold(state, revision, lastHash, _fold?.Board);
        }

        ShowReplica(_fold);
        _followers.CutVoid(_fold.State, _followers.Nodes);
    }

    private void ShowReplica(FeedFold fold) => _settings.Replicas.Show(_id, new Replica(fold.State, fold.Revision, fold.LastHash));

    private void Hear(long number)
    {
        _away = null;
        _subscription.Heard(number);
        if (!_entity.Equals(Sender))
        {
            Context.Unwatch(_entity);
            _entity = Context.Watch(Sender);
        }
    }

    // Its next incarnation does not know this feed, and may store something before the next renewal.
    private void OnEntityGone(Terminated gone)
    {
        if (_entity.Equals(gone.ActorRef))
        {
            _entity = ActorRefs.Nobody;
            _subscription.Ask(Self, Have);
        }
    }

    // Before the first picture there is nothing to answer with, and nobody is let go for that.
    private void AnswerWaiting()
    {
        if (_fold is null)
        {
            return;
        }

        var ready = _waiting.Where(waiting => waiting.Number <= _subscription.Answered).ToList();
        _waiting.RemoveAll(waiting => waiting.Number <= _subscription.Answered);
        ready.ForEach(Answer);
        if (_waiting.Any(waiting => waiting.Number > _subscription.Answered))
        {
            _subscription.AskIfIdle(Self, Have);
        }
    }

    // What is known goes on being served: no tunnel may fall because a journal cannot be read.
    private void OnBroken(EntityBroken broken)
    {
        var failure = new Status.Failure(new MeshUnavailableException(broken.Sentence));
        _waiting.ForEach(waiting => waiting.Caller.Tell(failure));
        _waiting.Clear();
        if (_fold is null)
        {
            Context.Parent.Tell(new Feeds.Retire(_id));
        }
    }

    // What is known goes on being served here too. Who needs more is told in a moment: the link may just have broken.
    private void OnAway(RegionAway away)
    {
        _away = away.Sentence;
        if (_fold is null && _waiting.Count == 0)
        {
            Context.Parent.Tell(new Feeds.Retire(_id));
        }
    }

    private void TellAway(string sentence)
    {
        var failure = new Status.Failure(new RegionAwayException(sentence));
        foreach (var waiting in _waiting.Where(waiting => _settings.Time.GetElapsedTime(waiting.Since) > _settings.AwayMax).ToList())
        {
            waiting.Caller.Tell(failure);
            _waiting.Remove(waiting);
        }
    }

    private TimeSpan IdleMax =>
        _settings.Homes.IsHere(_id) || _fold is null ? _settings.IdleMax
        : _away is not null ? TimeSpan.MaxValue
        : _settings.ForeignIdleMax;

    private void OnTick()
    {
        if (_away is { } sentence)
        {
            TellAway(sentence);
        }

        _waiting.RemoveAll(waiting => _settings.Time.GetElapsedTime(waiting.Since) > AkkaMesh.Patience);
        _subscription.Renew(Self, Have);
        LeaveOvertaken();
        AnswerWaiting();
        _followers.CutStuck();
        if (_fold is { State.Exists: true } fold)
        {
            _settings.Gauges.Show(_id, _followers.Look(fold));
        }

        if (_followers.Any)
        {
            _usedAt = _settings.Time.GetTimestamp();
        }
        else if (_settings.Time.GetElapsedTime(_usedAt) > IdleMax)
        {
            Context.Parent.Tell(new Feeds.Retire(_id));
        }
    }

    // Who asked between this feed's wish to end and its end is asked for again, of its successor.
    private void End()
    {
        foreach (var (caller, request, _, _) in _waiting.Concat(_waitingForPast))
        {
            Context.Parent.Tell(new Feeds.ForOrganization(_id, request), caller);
        }

        Context.Stop(Self);
    }

    [LoggerMessage(EventId = 1104, Level = LogLevel.Warning, Message =
        "Organization {Organization} has nothing after revision {Revision} for this process, and its journal goes to {Journal}: its entity was overtaken, and is told to begin anew.")]
    private partial void Overtaken(OrganizationId organization, long revision, long journal);

    /// <summary>What this process asks a feed. Never leaves the process.</summary>
    internal interface IFeedRequest : INoSerializationVerificationNeeded;

    internal sealed record Follow(FollowRequest Request) : IFeedRequest;

    internal sealed record GetView : IFeedRequest
    {
        public static readonly GetView Instance = new();
    }

    internal sealed record GetBoard : IFeedRequest
    {
        public static readonly GetBoard Instance = new();
    }

    /// <summary>Somebody read the journal and found more than there is here: the entity, if it knows less too, has to recover.</summary>
    internal sealed record JournalHas(long Revision) : IFeedRequest;

    /// <summary>The journal was looked at: this feed should be there soon.</summary>
    internal sealed record JournalGoesTo(long Revision) : INoSerializationVerificationNeeded;

    internal sealed record View(OrganizationView? Organization) : INoSerializationVerificationNeeded;

    internal sealed record FollowAnswer(FollowReply Reply) : INoSerializationVerificationNeeded;

    internal sealed record Unfollow(Following Following) : INoSerializationVerificationNeeded;

    internal sealed record Warned(Following Following, ValueList<string> Warnings) : INoSerializationVerificationNeeded;

    internal sealed record TakenForKnown(Following Following) : INoSerializationVerificationNeeded;

    private sealed record Waiting(IActorRef Caller, IFeedRequest Request, long Number, long Since);

    private sealed record ShowDue : INoSerializationVerificationNeeded
    {
        public static readonly ShowDue Instance = new();
    }

    private sealed record Begin : INoSerializationVerificationNeeded
    {
        public static readonly Begin Instance = new();
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
