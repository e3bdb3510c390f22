using System.Net.Sockets;
using System.Security.Cryptography;

namespace MeshActors.Agent.Session;

/// <summary>Which gateway to try next: the nearest that answers, and another when it does not.</summary>
/// <param name="known">All that are known now; never empty.</param>
/// <param name="measure">How far it is; <see cref="AnswerMax"/> when it does not answer.</param>
internal sealed class Gateways(Func<IReadOnlyList<Uri>> known, Func<Uri, CancellationToken, Task<TimeSpan>> measure)
{
    /// <summary>A gateway that takes longer to answer is tried after all others.</summary>
    public static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(2);

    /// <summary>Gateways so near to each other are equally good, and agents spread over them.</summary>
    private static readonly TimeSpan NearEnough = TimeSpan.FromMilliseconds(5);

    private readonly Queue<Uri> _next = new();
    private Uri? _last;

    /// <summary>Each one once, the nearest first; then they are measured anew. The last one comes last: it has just failed.</summary>
    public async Task<Uri> NextAsync(CancellationToken stop)
    {
        if (_next.Count == 0)
        {
            foreach (var gateway in await OrderAsync(stop))
            {
                _next.Enqueue(gateway);
            }
        }

        return _last = _next.Dequeue();
    }

    /// <summary>The stream was good for a while: what was measured before is old.</summary>
    public void Forget() => _next.Clear();

    private async Task<IEnumerable<Uri>> OrderAsync(CancellationToken stop)
    {
        var candidates = known().ToArray();
        if (candidates.Length == 1)
        {
            return candidates;
        }

        RandomNumberGenerator.Shuffle(candidates.AsSpan());
        var distances = await Task.WhenAll(candidates.Select(gateway => measure(gateway, stop)));
        stop.ThrowIfCancellationRequested();
        return candidates.Zip(distances)
            .OrderBy(pair => pair.First == _last)
            .ThenBy(pair => (long)(pair.Second / NearEnough))
            .Select(pair => pair.First);
    }

    /// <summary>Time to a connection, which is closed at once.</summary>
    public static async Task<TimeSpan> MeasureAsync(Uri gateway, TimeProvider time, CancellationToken stop)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(AnswerMax);
        var began = time.GetTimestamp();
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(gateway.IdnHost, gateway.Port, late.Token);
            return time.GetElapsedTime(began);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return AnswerMax;
        }
    }
}
