using System.Collections.Immutable;
using Akka.Actor;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Feeds;

/// <summary>
/// One agent's place in a feed: a revision, and no queue. When it is ready for more it takes what leads from its revision
/// to the newest, so a slow agent costs nothing but its own delay.
/// </summary>
internal sealed class Following(
    IActorRef feed, FeedBoard board, FollowRequest request, long position, TimeProvider time) : IFollowing
{
    /// <summary>Time for a GoAway to reach an agent that reads.</summary>
    private static readonly TimeSpan GoAwayGrace = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _ended = new();
    private readonly Alarm _alarm = new();
    private byte[]? _goAway;
    private long _busySince = time.GetTimestamp();
    private long _applied = position < 0 ? 0 : position;
    private long _seenUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    private int _disposed;

    // The reader's own: the revision of the map that was handed out, -1 before the first; the picture that it is of, -1 while
    // that is not known; and what is left of a whole map.
    private long _position = position;
    private long _bundle = -1;
    private ImmutableArray<byte[]> _pieces = [];
    private int _nextPiece;

    public FollowRequest Request { get; } = request;

    public FeedBoard Board => board;

    /// <summary>In the board's audience. The feed's own.</summary>
    public int Seat { get; set; }

    public CancellationToken Ended => _ended.Token;

    public bool IsOver { get; private set; }

    public long Revision => board.Current.Revision;

    public bool HasMore =>
        !IsOver && (_nextPiece < _pieces.Length || Volatile.Read(ref _goAway) is not null || _position != Revision);

    public long AppliedRevision => Volatile.Read(ref _applied);

    public DateTimeOffset SeenAt => DateTimeOffset.FromUnixTimeMilliseconds(Volatile.Read(ref _seenUnixMs));

    /// <summary>Why the feed ended it; empty while it did not.</summary>
    public string EndReason { get; private set; } = "";

    /// <summary>The warnings that the agent said last. The feed's own.</summary>
    public ValueList<string> Warnings { get; set; } = [];

    /// <summary>The feed's own.</summary>
    public Lag Lag { get; } = new();

    /// <summary>What the node announced, and was taken for known; null when it went to the organization.</summary>
    public OrganizationCommand.Announce? Announced { get; private set; }

    /// <summary>Since then the node has said other endpoints.</summary>
    public bool HasReportedEndpoints { get; private set; }

    public bool TryRead(out ReadOnlyMemory<byte> message)
    {
        if (_nextPiece == _pieces.Length)
        {
            if (Volatile.Read(ref _goAway) is { } goAway)
            {
                message = IsOver ? default : goAway;
                var isNew = !IsOver;
                IsOver = true;
                if (isNew)
                {
                    FeedMetrics.GoAway(goAway.Length);
                }

                return isNew;
            }

            if (_busySince == 0)
            {
                Volatile.Write(ref _busySince, time.GetTimestamp());
            }

            var picture = board.Current;
            if (_position == picture.Revision)
            {
                _bundle = picture.Bundle;
                message = default;
                return false;
            }

            if (_position >= 0 && picture.DeltaFrom(_position) is { } delta)
            {
                FeedMetrics.Delta(delta.Length, _bundle < 0 ? 1 : picture.Bundle - _bundle);
                board.Traces.Taken(_position, picture.Revision);
                _position = picture.Revision;
                _bundle = picture.Bundle;
                message = delta;
                return true;
            }

            FeedMetrics.WholeMap();
            _position = picture.Whole.Revision;
            _bundle = picture.Bundle - 1;
            _pieces = picture.Whole.Messages(Request.AcceptsPacked);
            _nextPiece = 0;
        }

        message = _pieces[_nextPiece++];
        FeedMetrics.Chunk(message.Length);
        if (_nextPiece == _pieces.Length)
        {
            // An old map is not kept for the stream that got it.
            (_pieces, _nextPiece) = ([], 0);
        }

        return true;
    }

    // Nothing to read is not slowness: the clock of StuckFor stands still meanwhile.
    public ValueTask WaitAsync()
    {
        Volatile.Write(ref _busySince, 0);
        return _alarm.WaitAsync();
    }

    public void Wake() => ThreadPool.UnsafeQueueUserWorkItem(static following => following.WakeHere(), this, preferLocal: false);

    /// <summary>The stream writes in this thread, which has nothing else to do.</summary>
    public void WakeHere() => _alarm.Ring();

    public bool IsKnown(OrganizationCommand.Announce announce)
    {
        if (!Announcing.IsKnown(board.Current.State, announce, time.GetUtcNow()))
        {
            return false;
        }

        Announced = announce;
        feed.Tell(new OrganizationFeed.TakenForKnown(this));
        return true;
    }

    public void ReportsEndpoints() => HasReportedEndpoints = true;

    public void Applied(long revision)
    {
        var before = _applied;
        Volatile.Write(ref _applied, Math.Clamp(revision, 0, Revision));
        board.Traces.Applied(before, _applied);
        Volatile.Write(ref _seenUnixMs, time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    public void Warn(ValueList<string> warnings) => feed.Tell(new OrganizationFeed.Warned(this, warnings));

    /// <summary>How long the agent has taken no message although there was one for it.</summary>
    public TimeSpan StuckFor()
    {
        var since = Volatile.Read(ref _busySince);
        return since == 0 ? TimeSpan.Zero : time.GetElapsedTime(since);
    }

    /// <summary>Ends it with a reason, once.</summary>
    /// <param name="final">The agent must not come back with this credential.</param>
    public void Cut(string code, string sentence, bool final)
    {
        var message = new GatewayMessage { GoAway = new GoAway { Reason = new Refused { Code = code, Message = sentence }, Final = final } };
        if (Interlocked.CompareExchange(ref _goAway, message.ToByteArray(), null) is null)
        {
            EndReason = code;
            FeedMetrics.Cut(code);
            Wake();
            _ended.CancelAfter(GoAwayGrace);
        }
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            feed.Tell(new OrganizationFeed.Unfollow(this));
        }

        return ValueTask.CompletedTask;
    }
}
