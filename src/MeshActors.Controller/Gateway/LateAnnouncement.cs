using MeshActors.Cluster;
using MeshActors.Domain;

namespace MeshActors.Controller.Gateway;

/// <summary>
/// What a node announces while its organization's region is away: said again until it is taken. Until then the node is
/// served as its organization knows it, so no tunnel waits for a region.
/// </summary>
internal sealed class LateAnnouncement : IAsyncDisposable
{
    /// <summary>Each attempt waits for some seconds by itself.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _refused = new();
    private readonly CancellationTokenSource _ending;
    private readonly Task _running;

    public LateAnnouncement(Func<CancellationToken, Task<CommandReply>> announce, TimeProvider time, CancellationToken ending)
    {
        _ending = CancellationTokenSource.CreateLinkedTokenSource(ending);
        _running = RunAsync(announce, time, _ending.Token);
    }

    /// <summary>Why the stream has to end; null while nothing was refused.</summary>
    public Refusal? Reason { get; private set; }

    /// <summary>Cancelled by a refusal.</summary>
    public CancellationToken Refused => _refused.Token;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
        _refused.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task<CommandReply>> announce, TimeProvider time, CancellationToken ending)
    {
        while (true)
        {
            await Task.Delay(Pause, time, ending).ConfigureAwait(false);
            try
            {
                if (await announce(ending).ConfigureAwait(false) is CommandReply.Refused(var reason))
                {
                    Reason = reason;
                    await _refused.CancelAsync().ConfigureAwait(false);
                }

                return;
            }
            catch (MeshUnavailableException)
            {
                // It is still away.
            }
        }
    }
}
