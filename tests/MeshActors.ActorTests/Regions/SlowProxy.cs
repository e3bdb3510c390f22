using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using MeshActors.ActorTests.Gateway;

namespace MeshActors.ActorTests.Regions;

/// <summary>A TCP connection that takes time, breaks, goes silent and comes back, as those between continents do.</summary>
internal sealed class SlowProxy : IAsyncDisposable
{
    private const int ChunkBytes = 32 * 1024;

    private readonly int _target;
    private readonly TimeSpan _delay;
    private readonly List<TcpClient> _connections = [];
    private readonly CancellationTokenSource _ending = new();
    private TcpListener? _listener;
    private volatile bool _isSilent;

    /// <param name="delay">Of each byte, one way.</param>
    public SlowProxy(int target, TimeSpan delay)
    {
        _target = target;
        _delay = delay;
        Port = RunningController.FreePort();
        Restore();
    }

    public int Port { get; }

    public Uri Url => new($"https://127.0.0.1:{Port}");

    /// <summary>Ends all connections and refuses new ones.</summary>
    public void Cut()
    {
        _listener?.Stop();
        _listener = null;
        lock (_connections)
        {
            _connections.ForEach(connection => connection.Dispose());
            _connections.Clear();
        }
    }

    public void Restore()
    {
        _isSilent = false;
        if (_listener is null)
        {
            _listener = new TcpListener(IPAddress.Loopback, Port);
            _listener.Start();
            _ = AcceptAsync(_listener);
        }
    }

    /// <summary>Takes everything and passes nothing on: nobody is told.</summary>
    public void Silence() => _isSilent = true;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        Cut();
        _ending.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var from = await listener.AcceptTcpClientAsync(_ending.Token);
                _ = ConnectAsync(from);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Cut.
        }
    }

    private async Task ConnectAsync(TcpClient from)
    {
        var to = new TcpClient { NoDelay = true };
        from.NoDelay = true;
        lock (_connections)
        {
            _connections.Add(from);
            _connections.Add(to);
        }

        try
        {
            await to.ConnectAsync(IPAddress.Loopback, _target, _ending.Token);
            await Task.WhenAny(PumpAsync(from, to), PumpAsync(to, from));
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody is there.
        }

        from.Dispose();
        to.Dispose();
    }

    private async Task PumpAsync(TcpClient from, TcpClient to)
    {
        var queue = Channel.CreateUnbounded<(long Due, byte[] Bytes)>();
        var writing = WriteAsync(queue.Reader, to);
        try
        {
            var buffer = new byte[ChunkBytes];
            while (await from.GetStream().ReadAsync(buffer, _ending.Token) is > 0 and var count)
            {
                if (!_isSilent)
                {
                    queue.Writer.TryWrite((Stopwatch.GetTimestamp() + (long)(_delay.TotalSeconds * Stopwatch.Frequency), buffer[..count]));
                }
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // The connection ended.
        }

        queue.Writer.Complete();
        await writing;
    }

    private async Task WriteAsync(ChannelReader<(long Due, byte[] Bytes)> queue, TcpClient to)
    {
        try
        {
            await foreach (var (due, bytes) in queue.ReadAllAsync(_ending.Token))
            {
                var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, _ending.Token);
                }

                await to.GetStream().WriteAsync(bytes, _ending.Token);
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // The connection ended.
        }
    }
}
