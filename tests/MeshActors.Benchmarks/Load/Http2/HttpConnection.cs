using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace MeshActors.Benchmarks.Load.Http2;

/// <summary>
/// One TLS connection with many gRPC calls on it. A general client takes some twenty microseconds for a message, which on
/// the controller's own cores would measure the client; this one takes about one, for it knows what is to come.
/// </summary>
internal sealed class HttpConnection : IAsyncDisposable
{
    /// <summary>As much as a connection may carry before a grant; only the streams' own windows bound an agent.</summary>
    private const int ConnectionWindowBytes = 1 << 30;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly SslStream _tls;
    private readonly HttpTarget _target;
    private readonly ConcurrentDictionary<int, HttpStream> _streams = [];
    private readonly Queue<(HttpStream Stream, byte[] Message)> _waiting = [];
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _out = new();
    private ArrayBufferWriter<byte> _spare = new();
    private bool _isWriting;
    private bool _isReading;
    private int _nextId = 1;
    private long _sendWindow = Frames.DefaultWindowBytes;
    private int _streamSendWindow = Frames.DefaultWindowBytes;
    private int _ungranted;
    private int _ended;
    private string _why = "the connection ended";
    private Task _reader = Task.CompletedTask;

    private HttpConnection(Socket socket, SslStream tls, HttpTarget target) => (_socket, _tls, _target) = (socket, tls, target);

    /// <summary>It takes new calls.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <exception cref="IOException">Nobody answers there, or not who was expected.</exception>
    public static async Task<HttpConnection> ConnectAsync(HttpTarget target, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target.Address, timeout.Token).ConfigureAwait(false);
            var tls = new SslStream(new CountedStream(new NetworkStream(socket, ownsSocket: true), target.Traffic));
            await tls.AuthenticateAsClientAsync(target.Tls(), timeout.Token).ConfigureAwait(false);
            var connection = new HttpConnection(socket, tls, target);
            connection.Begin();
            await connection._settled.Task.WaitAsync(timeout.Token).ConfigureAwait(false);
            return connection;
        }
        catch (Exception fault) when (fault is SocketException or IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            socket.Dispose();
            throw fault is IOException ? fault : new IOException($"{target.Address} cannot be reached: {fault.Message}", fault);
        }
    }

    /// <summary>Opens the call with its first message.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void Open(HttpStream stream, string path, string authorization, ReadOnlySpan<byte> first)
    {
        var headers = Frames.RequestHeaders(_target.Authority, path, authorization);
        lock (_gate)
        {
            if (!IsOpen)
            {
                throw new IOException(_why);
            }

            var id = _nextId;
            _nextId += 2;
            stream.Opened(this, id, _streamSendWindow);
            _streams[id] = stream;
            Frames.WriteHeader(_out, headers.Length, Frames.Headers, Frames.EndHeaders, id);
            _out.Write(headers);
            Put(stream, first);
        }

        Flush();
    }

    public void Send(HttpStream stream, ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (!_streams.ContainsKey(stream.Id))
            {
                return;
            }

            Put(stream, message);
        }

        Flush();
    }

    public void Grant(HttpStream stream, int bytes)
    {
        lock (_gate)
        {
            Frames.WriteWindowUpdate(_out, stream.Id, bytes);
        }

        Flush();
    }

    public void Cancel(HttpStream stream)
    {
        if (!_streams.TryRemove(stream.Id, out _))
        {
            return;
        }

        lock (_gate)
        {
            Frames.WriteReset(_out, stream.Id);
        }

        Flush();
        stream.End("cancelled here");
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reader.ConfigureAwait(false);
        await _tls.DisposeAsync().ConfigureAwait(false);
    }

    private void Begin()
    {
        lock (_gate)
        {
            _out.Write(Frames.Preface);
            Frames.WriteSettings(_out,
                (Frames.HeaderTableSize, 0), (Frames.EnablePush, 0), (Frames.InitialWindowSize, _target.StreamWindowBytes));
            Frames.WriteWindowUpdate(_out, 0, ConnectionWindowBytes - Frames.DefaultWindowBytes);
        }

        Flush();
        _reader = Task.Run(ReadAsync);
    }

    // Under the gate.
    private void Put(HttpStream stream, ReadOnlySpan<byte> message)
    {
        var size = Frames.PrefixBytes + message.Length;
        if (_waiting.Count > 0 || size > _sendWindow || size > stream.SendWindow)
        {
            _waiting.Enqueue((stream, message.ToArray()));
            return;
        }

        _sendWindow -= size;
        stream.SendWindow -= size;
        Frames.WriteMessage(_out, stream.Id, message);
    }

    // What the messages of one read lead to goes out together.
    private void Flush()
    {
        lock (_gate)
        {
            if (_isWriting || _isReading || _out.WrittenCount == 0)
            {
                return;
            }

            _isWriting = true;
        }

        _ = WriteAsync();
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            ArrayBufferWriter<byte> full;
            lock (_gate)
            {
                if (_out.WrittenCount == 0)
                {
                    _isWriting = false;
                    return;
                }

                (full, _out) = (_out, _spare);
                _spare = full;
            }

            try
            {
                await _tls.WriteAsync(full.WrittenMemory).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The reader sees the same end, and tells it.
                _socket.Dispose();
                return;
            }

            full.ResetWrittenCount();
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[_target.ReadBufferBytes];
        var have = 0;
        try
        {
            while (true)
            {
                var read = await _tls.ReadAsync(buffer.AsMemory(have)).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                have += read;
                _isReading = true;
                var used = TakeFrames(buffer.AsSpan(0, have));
                _isReading = false;
                Flush();
                buffer.AsSpan(used, have - used).CopyTo(buffer);
                have -= used;
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException)
        {
            _why = fault.Message;
        }
        finally
        {
            EndAll();
        }
    }

    private int TakeFrames(ReadOnlySpan<byte> data)
    {
        var used = 0;
        while (data.Length - used >= Frames.HeaderBytes)
        {
            var frame = data[used..];
            var length = BinaryPrimitives.ReadInt32BigEndian(frame) >>> 8;
            if (length > Frames.PayloadBytesMax)
            {
                throw new IOException($"the server sent a frame of {length} bytes");
            }

            if (frame.Length < Frames.HeaderBytes + length)
            {
                break;
            }

            Take(frame[3], frame[4], BinaryPrimitives.ReadInt32BigEndian(frame[5..]), frame.Slice(Frames.HeaderBytes, length));
            used += Frames.HeaderBytes + length;
        }

        return used;
    }

    private void Take(byte type, byte flags, int id, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case Frames.Data:
                TakeData(id, payload);
                break;
            case Frames.Headers when (flags & Frames.EndStream) != 0:
                // The status is in the block; its text suffices for a person.
                End(id, $"the call ended: {Printable(payload)}");
                return;
            case Frames.Reset:
                End(id, "the controller reset the call");
                return;
            case Frames.Settings when (flags & Frames.Ack) == 0:
                TakeSettings(payload);
                break;
            case Frames.Ping when (flags & Frames.Ack) == 0:
                lock (_gate)
                {
                    Frames.WriteHeader(_out, payload.Length, Frames.Ping, Frames.Ack, 0);
                    _out.Write(payload);
                }

                break;
            case Frames.GoAway:
                IsOpen = false;
                _why = "the controller ends the connection";
                break;
            case Frames.WindowUpdate:
                TakeWindow(id, BinaryPrimitives.ReadInt32BigEndian(payload));
                break;
            default:
                // Headers of an answer, and what later versions may send.
                break;
        }

        if (type == Frames.Data && (flags & Frames.EndStream) != 0)
        {
            End(id, "the call ended");
        }
    }

    private void TakeData(int id, ReadOnlySpan<byte> payload)
    {
        var grant = _streams.TryGetValue(id, out var stream) ? stream.Take(payload, _target.StreamWindowBytes) : 0;
        _ungranted += payload.Length;
        if (grant == 0 && _ungranted < ConnectionWindowBytes / 2)
        {
            return;
        }

        lock (_gate)
        {
            if (grant > 0)
            {
                Frames.WriteWindowUpdate(_out, id, grant);
            }

            if (_ungranted >= ConnectionWindowBytes / 2)
            {
                Frames.WriteWindowUpdate(_out, 0, _ungranted);
                _ungranted = 0;
            }
        }
    }

    private void TakeSettings(ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            for (; payload.Length >= 6; payload = payload[6..])
            {
                if (BinaryPrimitives.ReadUInt16BigEndian(payload) == Frames.InitialWindowSize)
                {
                    _streamSendWindow = BinaryPrimitives.ReadInt32BigEndian(payload[2..]);
                }
            }

            Frames.WriteHeader(_out, 0, Frames.Settings, Frames.Ack, 0);
        }

        _settled.TrySetResult();
    }

    private void TakeWindow(int id, int bytes)
    {
        lock (_gate)
        {
            if (id == 0)
            {
                _sendWindow += bytes;
            }
            else if (_streams.TryGetValue(id, out var stream))
            {
                stream.SendWindow += bytes;
            }

            for (var count = _waiting.Count; count > 0; count--)
            {
                var (stream, message) = _waiting.Dequeue();
                var size = Frames.PrefixBytes + message.Length;
                if (size > _sendWindow || size > stream.SendWindow)
                {
                    _waiting.Enqueue((stream, message));
                    continue;
                }

                _sendWindow -= size;
                stream.SendWindow -= size;
                Frames.WriteMessage(_out, stream.Id, message);
            }
        }
    }

    private void End(int id, string reason)
    {
        if (_streams.TryRemove(id, out var stream))
        {
            stream.End(reason);
        }
    }

    private void EndAll()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return;
        }

        lock (_gate)
        {
            IsOpen = false;
        }

        _socket.Dispose();
        _settled.TrySetException(new IOException(_why));
        foreach (var id in _streams.Keys)
        {
            End(id, _why);
        }
    }

    private static string Printable(ReadOnlySpan<byte> block) =>
        string.Concat(Encoding.Latin1.GetString(block).Select(character => char.IsBetween(character, ' ', '~') ? character : ' ')).Trim();
}
