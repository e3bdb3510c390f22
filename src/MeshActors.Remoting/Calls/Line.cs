using System.Threading.Channels;
using Akka.Actor;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Edge.V1;

namespace MeshActors.Remoting.Calls;

/// <summary>
/// One call's messages between two actors, whole, in order and within a window, over a remoting that loses some and keeps
/// nobody waiting. What cannot be so any more breaks the line, and the agent opens another.
/// </summary>
internal sealed partial class Line : IDisposable
{
    /// <summary>Half a frame: the rest is for the addresses of the two actors.</summary>
    public const int PieceBytesMax = 32 * 1024;

    /// <summary>
    /// What may be on its way or untaken in one direction: three round trips of 80 ms at 1 MB/s. A peer that takes nothing
    /// costs this much memory and no more.
    /// </summary>
    public const int WindowCost = 256 * 1024;

    /// <summary>What a piece costs beside its bytes: its envelope, and the objects around it.</summary>
    public const int PieceCost = 256;

    /// <summary>A sign of life, and what was taken, again: the one before may be lost.</summary>
    public static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(5);

    /// <summary>Four signs of life. Longer than a garbage collection or a passing loss.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(20);

    private readonly IActorRef _self;
    private readonly int _messageBytesMax;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _broken = new();
    private readonly Channel<(ReadOnlyMemory<byte> Message, long Cost)> _messages = Channel.CreateUnbounded<(ReadOnlyMemory<byte>, long)>();
    private readonly List<ByteString> _pieces = [];
    private IActorRef _peer = ActorRefs.Nobody;
    private ulong _heardPieces;
    private long _heardCost;
    private long _taken;
    private long _takenSaid;
    private long _messageCost;
    private int _messageBytes;
    private long _heardAt;
    private string? _fault;

    /// <param name="self">The actor that hears the peer.</param>
    /// <param name="messageBytesMax">Of a message that comes in.</param>
    public Line(IActorRef self, int messageBytesMax, TimeProvider time)
    {
        _self = self;
        _messageBytesMax = messageBytesMax;
        _time = time;
        _heardAt = time.GetTimestamp();
        Broken = _broken.Token;
    }

    /// <summary>Cancelled when the line broke, for whatever reason.</summary>
    public CancellationToken Broken { get; }

    /// <summary>Sends to this peer from now on.</summary>
    public void Open(IActorRef peer)
    {
        lock (_gate)
        {
            _peer = peer;
            _heardAt = _time.GetTimestamp();
            Move();
        }
    }

    /// <returns>Null when the peer has said all that it will.</returns>
    /// <exception cref="IOException">The line is broken.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (message, cost) = await _messages.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            lock (_gate)
            {
                _taken += cost;
                if (_taken - _takenSaid > WindowCost / 4)
                {
                    SayTaken();
                }
            }

            return message;
        }
        catch (ChannelClosedException end) when (end.InnerException is null)
        {
            return null;
        }
        catch (ChannelClosedException end)
        {
            throw new IOException(end.InnerException!.Message, end.InnerException);
        }
    }

    public void Hear(Piece piece)
    {
        lock (_gate)
        {
            _heardAt = _time.GetTimestamp();
            if (_fault is not null)
            {
                return;
            }

            _messageBytes += piece.Data.Length;
            _messageCost += Cost(piece.Data.Length);
            _heardCost += Cost(piece.Data.Length);
            if (piece.Number != ++_heardPieces)
            {
                Break("a message was lost on the way");
            }
            else if (_messageBytes > _messageBytesMax || _heardCost - _taken > WindowCost)
            {
                Break("the other side sent more than it may");
            }
            else
            {
                Keep(piece);
            }
        }
    }

    /// <summary>The peer has said all; what is here can still be read.</summary>
    public void Hear(End end, Func<Refused, Exception> toFault) =>
        _messages.Writer.TryComplete(end.Reason is { } reason ? toFault(reason) : null);

    /// <summary>Once in <see cref="BeatInterval"/>.</summary>
    public void Beat()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_heardAt) > SilenceMax)
            {
                Break($"nothing was heard for {SilenceMax.TotalSeconds:0} s");
            }
            else if (!_peer.IsNobody())
            {
                SayTaken();
            }
        }
    }

    public void Break(string fault)
    {
        lock (_gate)
        {
            if (_fault is not null)
            {
                return;
            }

            _fault = fault;
            Move();
        }

        _messages.Writer.TryComplete(new IOException(fault));
        // Its callbacks run apart: they may come back in here.
        _ = _broken.CancelAsync();
    }

    public void Dispose()
    {
        Break("the call has ended");
        _broken.Dispose();
    }

    private void Keep(Piece piece)
    {
        if (!piece.Last && piece.Data.IsEmpty)
        {
            Break("a piece of a message was empty");
            return;
        }

        _pieces.Add(piece.Data);
        if (piece.Last)
        {
            _messages.Writer.TryWrite((Whole(), _messageCost));
            _pieces.Clear();
            _messageBytes = 0;
            _messageCost = 0;
        }
        else
        {
            // The rest of a long message needs the window that its beginning fills.
            _taken += _messageCost;
            _messageCost = 0;
            SayTaken();
        }
    }

    private ReadOnlyMemory<byte> Whole()
    {
        if (_pieces is [var only])
        {
            return only.Memory;
        }

        var whole = new byte[_messageBytes];
        var at = 0;
        foreach (var piece in _pieces)
        {
            piece.Span.CopyTo(whole.AsSpan(at));
            at += piece.Length;
        }

        return whole;
    }

    private void SayTaken()
    {
        _takenSaid = _taken;
        _peer.Tell(new Taken { Cost = (ulong)_taken }, _self);
    }

    private static long Cost(int bytes) => bytes + PieceCost;
}
