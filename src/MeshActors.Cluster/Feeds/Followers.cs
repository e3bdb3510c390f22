using Akka.Actor;
using MeshActors.Cluster.Messages;
using MeshActors.Domain;
using MeshActors.Domain.Nodes;

namespace MeshActors.Cluster.Feeds;

/// <summary>Who is connected to this process, and who was: admits, cuts, and notes it with the machine's own entity.</summary>
internal sealed class Followers(OrganizationId organization, FeedSettings settings)
{
    private readonly Dictionary<NodeId, Following> _live = [];
    private readonly Dictionary<NodeId, Presence> _past = [];
    private readonly LagWatch _lags = new(organization, settings);

    // Streams whose announcement was taken for known, each with the question whose answer tells whether it is.
    private List<(Following Following, long Number)> _unconfirmed = [];

    public bool Any => _live.Count > 0;

    public IReadOnlyCollection<NodeId> Nodes => [.. _live.Keys];

    public FollowReply Admit(FollowRequest request, FeedFold fold, IActorRef feed)
    {
        if (CredentialCheck.Refusal(fold.State, organization, request.Node, request.Credential) is { } reason)
        {
            return new FollowReply.Refused(reason);
        }

        var position = fold.Knows(request.HaveRevision, request.HaveDigest) ? request.HaveRevision : -1;
        var following = new Following(feed, fold.Board, request, position, settings.Time);
        MakeWay(request.Node);
        settings.Others.Tell(new SessionStarted(organization, request.Node));
        following.Seat = fold.Board.Audience.Enter(following);
        _live[request.Node] = following;
        Note(following, new NodeEvent.KeySeen(Now, fold.State.Nodes[request.Node].Key));
        Note(following, new NodeEvent.SessionOpened(Now, settings.GatewayName, request.AgentVersion, request.RemoteAddress));
        return new FollowReply.Following(following, fold.State.Nodes[request.Node]);
    }

    /// <summary>The node has connected again, here or elsewhere. Its old stream may come back: two machines with one credential show in the session list.</summary>
    public void MakeWay(NodeId node)
    {
        if (_live.TryGetValue(node, out var older))
        {
            older.Cut(GoAwayCodes.SessionReplaced, "The same node has connected again; this connection makes way.", final: false);
            Leave(older);
        }
    }

    /// <summary>The stream has ended. Of one that was cut or replaced this is known already.</summary>
    public void Remove(Following following)
    {
        if (IsLive(following))
        {
            Leave(following);
        }
    }

    /// <param name="number">Of the first question that is asked after this.</param>
    public void TakeForKnown(Following following, long number) => _unconfirmed.Add((following, number));

    /// <summary>
    /// Ends the streams whose announcement was taken for known by a view that was old: another process had news of the node.
    /// Its agent comes back, and then the organization is asked.
    /// </summary>
    /// <param name="answered">The organization has answered the questions up to this one.</param>
    public void Confirm(Domain.Organizations.OrganizationState state, long answered)
    {
        if (_unconfirmed.Count == 0)
        {
            return;
        }

        var ready = _unconfirmed.Where(pair => pair.Number <= answered).ToList();
        _unconfirmed = [.. _unconfirmed.Where(pair => pair.Number > answered)];
        foreach (var (following, _) in ready)
        {
            if (IsLive(following) && !Announcing.IsStillKnown(state, following, Now))
            {
                following.Cut(GoAwayCodes.AnnounceAgain, "The organization has other news of this node than it announced; connect again.", final: false);
                Leave(following);
            }
        }
    }

    public void Warn(Following following, ValueList<string> warnings)
    {
        following.Warnings = warnings.Take(NodeActivity.WarningsMax)
            .Select(text => text.Length <= NodeActivity.WarningLengthMax ? text : text[..NodeActivity.WarningLengthMax])
            .ToValueList();
        Note(following, new NodeEvent.WarningsChanged(following.Warnings));
    }

    /// <summary>Cuts the streams of those nodes whose credential is not good any more.</summary>
    public void CutVoid(Domain.Organizations.OrganizationState state, IReadOnlyCollection<NodeId> nodes)
    {
        foreach (var node in nodes)
        {
            if (_live.TryGetValue(node, out var following)
                && CredentialCheck.Refusal(state, organization, node, following.Request.Credential) is { } reason)
            {
                following.Cut(reason.Code, reason.Message, final: true);
                Leave(following);
            }
        }
    }

    public void CutStuck()
    {
        foreach (var following in _live.Values.Where(following => following.StuckFor() > settings.StuckMax).ToList())
        {
            following.Cut(GoAwayCodes.TooSlow,
                $"The agent took nothing for {settings.StuckMax.TotalSeconds:0} s while there was news for it; connect again.", final: false);
            Leave(following);
        }
    }

    public FeedFigures Look(FeedFold fold)
    {
        fold.Board.Traces.Close(settings.GatewayName, _live.Values);
        return _lags.Look(_live.Values, fold);
    }

    /// <summary>Connected agents that do not apply what they are told.</summary>
    public IEnumerable<NodeLag> Lags() => _live.Values
        .Where(following => following.Lag.For > TimeSpan.Zero)
        .Select(following => new NodeLag(following.Request.Node, Now - following.Lag.For, following.Lag.For >= settings.BehindMax));

    public void CutAll(string code, string sentence)
    {
        foreach (var following in _live.Values.ToList())
        {
            following.Cut(code, sentence, final: false);
            Leave(following);
        }
    }

    public IReadOnlyDictionary<NodeId, Presence> Presence()
    {
        var all = new Dictionary<NodeId, Presence>(_past);
        foreach (var (node, following) in _live)
        {
            all[node] = PresenceOf(following, isConnected: true);
        }

        return all;
    }

    private bool IsLive(Following following) =>
        _live.TryGetValue(following.Request.Node, out var live) && ReferenceEquals(live, following);

    private void Leave(Following following)
    {
        var node = following.Request.Node;
        following.Board.Audience.Leave(following.Seat);
        _live.Remove(node);
        _past[node] = PresenceOf(following, isConnected: false);
        Note(following, new NodeEvent.SessionClosed(
            Now, following.AppliedRevision, following.EndReason.Length == 0 ? "ended" : following.EndReason));
    }

    private static Presence PresenceOf(Following following, bool isConnected) => new(
        isConnected, following.AppliedRevision, following.SeenAt, following.Request.AgentVersion, following.Request.RemoteAddress, following.Warnings);

    private void Note(Following following, NodeEvent seen) => settings.Notes.Tell(new NodeSeen(
        organization,
        following.Request.Node,
        seen,
        new Meta(Now, new Principal(PrincipalKind.Node, following.Request.Node.ToString(), ""), "")));

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(settings.Time.GetUtcNow().ToUnixTimeMilliseconds());
}
