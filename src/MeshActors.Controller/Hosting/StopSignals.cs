using System.Runtime.InteropServices;
using MeshActors.Cluster.Hosting;

namespace MeshActors.Controller.Hosting;

/// <summary>A signal first hands the organizations over, and stops the host then; a second one does not wait for that.</summary>
internal sealed class StopSignals(HandOver handOver, IHostApplicationLifetime lifetime) : IHostLifetime, IDisposable
{
    private readonly CancellationTokenSource _hurry = new();
    private readonly List<PosixSignalRegistration> _signals = [];

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
        if (handOver.HasBegun)
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
            await handOver.RunAsync(_hurry.Token).ConfigureAwait(false);
        }
        finally
        {
            lifetime.StopApplication();
        }
    }
}
