using System.Net;
using System.Net.Sockets;
using System.Text;
using MeshActors.Agent.State;

namespace MeshActors.Agent.Metrics;

/// <summary>
/// Answers GET /metrics on a socket in the state directory, and on a port of the loopback interface where one was named.
/// One caller at a time, each with a deadline: an agent has no web server, and this is a few lines of one.
/// </summary>
internal sealed class MetricsSocket(StateDirectory state, IPEndPoint? loopback, Func<string> text)
{
    public const string File = "metrics.sock";

    /// <summary>Of a request: its first line and the headers of whatever client.</summary>
    private const int RequestBytesMax = 8 * 1024;

    /// <summary>Callers that wait.</summary>
    private const int Backlog = 4;

    private static readonly TimeSpan CallMax = TimeSpan.FromSeconds(5);

    /// <exception cref="HostCannotException">The port that was asked for cannot be had.</exception>
    public Task RunAsync(CancellationToken stop)
    {
        var port = loopback is null ? null : Bind(loopback);
        return Task.WhenAll(ListenAsync(OpenFile(), stop), ListenAsync(port, stop));
    }

    private static Socket Bind(IPEndPoint loopback)
    {
        var socket = new Socket(loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(loopback);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new HostCannotException($"cannot listen on {loopback} for --metrics-listen: {e.Message}. Choose a free port.");
        }
    }

    // Only whoever may enter the state directory reaches it. Not having it is no reason not to have a mesh.
    private Socket? OpenFile()
    {
        var path = state.PathOf(File);
        try
        {
            System.IO.File.Delete(path);
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            Log.Warn($"no metrics at {path}: {e.Message}");
            return null;
        }
    }

    private async Task ListenAsync(Socket? socket, CancellationToken stop)
    {
        if (socket is null)
        {
            return;
        }

        using (socket)
        {
            try
            {
                socket.Listen(Backlog);
                while (true)
                {
                    using var caller = await socket.AcceptAsync(stop);
                    await AnswerAsync(caller, stop);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The agent ends.
            }
        }
    }

    private async Task AnswerAsync(Socket caller, CancellationToken stop)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(CallMax);
        try
        {
            var request = await ReadAsync(caller, late.Token);
            var (status, body) = request.StartsWith("GET /metrics ", StringComparison.Ordinal) ? ("200 OK", text())
                : request.StartsWith("GET ", StringComparison.Ordinal) ? ("404 Not Found", "Only /metrics is here.\n")
                : ("405 Method Not Allowed", "Only GET is here.\n");
            var bytes = Encoding.UTF8.GetBytes(body);
            var head = $"HTTP/1.1 {status}\r\nContent-Type: {Exposition.ContentType}\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n";
            await SendAsync(caller, Encoding.ASCII.GetBytes(head), late.Token);
            await SendAsync(caller, bytes, late.Token);
            caller.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The caller is gone or too slow; there is another scrape soon.
        }
    }

    /// <summary>Up to the empty line after the headers, or as much as is read of it.</summary>
    private static async Task<string> ReadAsync(Socket caller, CancellationToken cancellationToken)
    {
        var buffer = new byte[RequestBytesMax];
        var length = 0;
        while (length < buffer.Length && buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = await caller.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    private static async Task SendAsync(Socket caller, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await caller.SendAsync(bytes, cancellationToken)..];
        }
    }
}
