using System.Runtime.InteropServices;
using MeshActors.Cluster.Hosting;
using MeshActors.Controller.Gateway;

namespace MeshActors.Controller.Hosting;

/// <summary>
/// A signal first hands the organizations over and sends the agents to other gateways, and stops the host then; a second
/// one does not wait for that.
/// </summary>
/// <param name="services">Asked when a signal comes: the cluster's part is not made before its database is prepared.</param>
internal sealed class StopSignals(IServiceProvider services, IHostApplicationLifetime lifetime) : IHostLifetime, IDisposable
{
    private readonly CancellationTokenSource _hurry = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private bool _isTold;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, Stop));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _hurry.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Exchange(ref _isTold, true))
        {
            _hurry.Cancel();
        }
        else
        {
            _ = StopAsync();
        }
    }

    private async Task StopAsync()
    {
        try
        {
            if (lifetime.ApplicationStarted.IsCancellationRequested)
            {
                await HandOverAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    private async Task HandOverAsync()
    {
        var handOver = services.GetRequiredService<HandOver>();
        await handOver.RunAsync(_hurry.Token).ConfigureAwait(false);
        if (handOver.HasHeirs(ClusterRoles.Gateway))
        {
            await services.GetRequiredService<ConnectedAgents>().DrainAsync(_hurry.Token).ConfigureAwait(false);
        }
    }
}
