using System.Buffers.Binary;

namespace MeshActors.Benchmarks.Load.Http2;

/// <summary>One gRPC call's messages. What comes in is told by the connection's reader, one message after another.</summary>
internal abstract class HttpStream
{
    private readonly Lock _gate = new();
    private byte[] _partial = [];
    private int _partialBytes;
    private int _ungranted;
    private bool _isHeld;
    private HttpConnection? _connection;

    /// <summary>0 before it is open.</summary>
    public int Id { get; private set; }

    /// <summary>Bytes that the server takes of it now. The connection's own.</summary>
    public int SendWindow { get; set; }

    public void Send(ReadOnlySpan<byte> message) => _connection?.Send(this, message);

    public void Cancel() => _connection?.Cancel(this);

    /// <summary>Takes nothing more than what the window lets in already.</summary>
    public void Hold()
    {
        lock (_gate)
        {
            _isHeld = true;
        }
    }

    /// <summary>Goes on reading.</summary>
    public void Release()
    {
        int grant;
        lock (_gate)
        {
            _isHeld = false;
            (grant, _ungranted) = (_ungranted, 0);
        }

        if (grant > 0)
        {
            _connection?.Grant(this, grant);
        }
    }

    internal void Opened(HttpConnection connection, int id, int sendWindow) => (_connection, Id, SendWindow) = (connection, id, sendWindow);

    /// <returns>What the window may grow by.</returns>
    internal int Take(ReadOnlySpan<byte> data, int windowBytes)
    {
        var taken = data.Length;
        while (data.Length > 0)
        {
            data = _partialBytes > 0 ? Complete(data) : Start(data);
        }

        lock (_gate)
        {
            _ungranted += taken;
            if (_isHeld || _ungranted < windowBytes / 2)
            {
                return 0;
            }

            var grant = _ungranted;
            _ungranted = 0;
            return grant;
        }
    }

    internal void End(string reason) => OnEnd(reason);

    protected abstract void OnMessage(ReadOnlySpan<byte> message);

    /// <summary>Once.</summary>
    protected abstract void OnEnd(string reason);

    private ReadOnlySpan<byte> Start(ReadOnlySpan<byte> data)
    {
        if (data.Length >= Frames.PrefixBytes && data.Length >= LengthOf(data))
        {
            OnMessage(data[Frames.PrefixBytes..LengthOf(data)]);
            return data[LengthOf(data)..];
        }

        Keep(data);
        return [];
    }

    private ReadOnlySpan<byte> Complete(ReadOnlySpan<byte> data)
    {
        var needed = (_partialBytes < Frames.PrefixBytes ? Frames.PrefixBytes : LengthOf(_partial)) - _partialBytes;
        var part = data[..Math.Min(needed, data.Length)];
        Keep(part);
        if (_partialBytes >= Frames.PrefixBytes && _partialBytes == LengthOf(_partial))
        {
            var message = _partial.AsSpan(Frames.PrefixBytes, _partialBytes - Frames.PrefixBytes);
            _partialBytes = 0;
            OnMessage(message);
            // A whole map's piece came and went; most agents wait for a small message from now on.
            _partial = [];
        }

        return data[part.Length..];
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        var needed = Math.Max(_partialBytes + data.Length, Frames.PrefixBytes);
        if (_partial.Length < needed)
        {
            Array.Resize(ref _partial, Math.Max(needed, _partialBytes >= Frames.PrefixBytes ? LengthOf(_partial) : needed));
        }

        data.CopyTo(_partial.AsSpan(_partialBytes));
        _partialBytes += data.Length;
    }

    private static int LengthOf(ReadOnlySpan<byte> prefixed) => Frames.PrefixBytes + BinaryPrimitives.ReadInt32BigEndian(prefixed[1..]);
}
