using System.Runtime.CompilerServices;
using Akka.Actor;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Domain;

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

    private readonly CancellationTokenSource _cut = new();
    private readonly CancellationTokenSource _ended = new();
    private byte[]? _goAway;
    private long _busySince = time.GetTimestamp();
    private long _applied = position < 0 ? 0 : position;
    private long _seenUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    private int _disposed;

    // The revision of the map that was handed out; -1 before the first.
    private long _position = position;
    private long _bundle;

    public FollowRequest Request { get; } = request;

    public CancellationToken Ended => _ended.Token;

    public long AppliedRevision => Volatile.Read(ref _applied);

    public DateTimeOffset SeenAt => DateTimeOffset.FromUnixTimeMilliseconds(Volatile.Read(ref _seenUnixMs));

    /// <summary>Why the feed ended it; empty while it did not.</summary>
    public string EndReason { get; private set; } = "";

    /// <summary>The warnings that the agent said last. The feed's own.</summary>
    public ValueList<string> Warnings { get; set; } = [];

    /// <summary>The feed's own.</summary>
    public Lag Lag { get; } = new();

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cut.Token);
        while (Volatile.Read(ref _goAway) is null)
        {
            var picture = board.Current;
            if (_position == picture.Revision)
            {
                _bundle = picture.Bundle;
                await IdleAsync(picture, either.Token).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            if (_position >= 0 && picture.DeltaFrom(_position) is { } delta)
            {
                FeedMetrics.Delta(delta.Length, _bundle == 0 ? 1 : picture.Bundle - _bundle);
                _position = picture.Revision;
                _bundle = picture.Bundle;
                yield return delta;
                continue;
            }

            FeedMetrics.WholeMap();
            _position = picture.Whole.Revision;
            _bundle = picture.Bundle - 1;
            foreach (var chunk in picture.Whole.Chunks)
            {
                FeedMetrics.Chunk(chunk.Length);
                yield return chunk;
            }
        }

        FeedMetrics.GoAway(_goAway!.Length);
        yield return _goAway;
    }

    public void Applied(long revision)
    {
        Volatile.Write(ref _applied, Math.Clamp(revision, 0, board.Current.Revision));
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
            _cut.Cancel();
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

    // Nothing to read is not slowness: the clock of StuckFor stands still meanwhile.
    private async Task IdleAsync(FeedPicture picture, CancellationToken either)
    {
        Volatile.Write(ref _busySince, 0);
        await picture.Superseded.WaitAsync(either).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Volatile.Write(ref _busySince, time.GetTimestamp());
    }
}
