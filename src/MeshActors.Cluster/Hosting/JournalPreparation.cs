using MeshActors.Cluster.Storage;
using Microsoft.Extensions.Hosting;

namespace MeshActors.Cluster.Hosting;

/// <summary>Sees to the journal's tables before anything uses them. Waits for a database that starts with this process.</summary>
internal sealed class JournalPreparation(MeshOptions options, TimeProvider time) : IHostedService
{
    /// <summary>A database server that starts on the same machine takes some seconds; after this it is not coming.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AttemptDelay = TimeSpan.FromSeconds(1);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await JournalSchema.MigrateAsync(options.Journal, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MeshUnavailableException) when (options.Journal is PostgresDatabase && time.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(AttemptDelay, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
