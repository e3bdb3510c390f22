using Akka.Actor;
using Google.Protobuf;
using MeshActors.Contracts.Edge.V1;

namespace MeshActors.Remoting.Calls;

/// <summary>What goes out: in pieces, each when the peer's window has room for it.</summary>
internal sealed partial class Line
{
    private readonly SemaphoreSlim _turn = new(1);
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _sentPieces;
    private long _sentCost;
    private long _takenByPeer;

    /// <exception cref="IOException">The line is broken.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        // A message's pieces stand together.
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            do
            {
                var piece = message[..Math.Min(message.Length, PieceBytesMax)];
                message = message[piece.Length..];
                await SendPieceAsync(piece, message.IsEmpty, cancellationToken).ConfigureAwait(false);
            }
            while (!message.IsEmpty);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Hear(Taken taken)
    {
        lock (_gate)
        {
            _heardAt = _time.GetTimestamp();
            _takenByPeer = Math.Clamp((long)Math.Min(taken.Cost, long.MaxValue), _takenByPeer, _sentCost);
            Move();
        }
    }

    private async Task SendPieceAsync(ReadOnlyMemory<byte> data, bool last, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (_fault is not null)
                {
                    throw new IOException(_fault);
                }

                if (!_peer.IsNobody() && _sentCost + Cost(data.Length) - _takenByPeer <= WindowCost)
                {
                    _sentCost += Cost(data.Length);
                    _peer.Tell(new Piece { Number = ++_sentPieces, Last = last, Data = UnsafeByteOperations.UnsafeWrap(data) }, _self);
                    return;
                }

                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Move()
    {
        var moved = _moved;
        _moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        moved.TrySetResult();
    }
}
