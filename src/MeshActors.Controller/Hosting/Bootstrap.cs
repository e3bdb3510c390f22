using MeshActors.Cluster.Storage;
using MeshActors.Cluster;
using MeshActors.Cluster.Hosting;
using MeshActors.Controller.DataDirectory;

namespace MeshActors.Controller.Hosting;

/// <summary>Runs after the cluster has started and before the port is open: whoever gets in finds an organization.</summary>
/// <param name="services">Asked late: the mesh is there only once the cluster has started.</param>
internal sealed class Bootstrap(IServiceProvider services, DataDir directory, MeshOptions mesh, TimeProvider time) : IHostedService
{
    /// <summary>Longer than the wait for membership; a journal of a million events recovers in 10 s.</summary>
    private static readonly TimeSpan JournalDeadline = TimeSpan.FromSeconds(90);

    /// <summary>A machine that is busy with its boot can be slower than a call is patient; a broken journal stays so.</summary>
    private const int AttemptsMax = 3;

    private static readonly TimeSpan AttemptDelay = TimeSpan.FromSeconds(1);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(JournalDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await PrepareAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is MeshUnavailableException || late.IsCancellationRequested)
        {
            throw StartException.Host(mesh.Journal is SqliteDatabase(var file)
                ? $"the journal {file} does not answer. Look at the log above; check free space, permissions and the file's health (`sqlite3 {file} 'PRAGMA integrity_check'`)."
                : $"the cluster does not answer: {fault.Message}", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw StartException.Host($"cannot write to the data directory {directory.Root}: {fault.Message.TrimEnd('.')}. Give it free space and write access.", fault);
        }
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await services.GetRequiredService<MeshReadiness>().WaitAsync(cancellationToken).ConfigureAwait(false);
                if (mesh.Roles.Contains(ClusterRoles.Controller))
                {
                    await services.GetRequiredService<FirstSecrets>().EnsureAsync(cancellationToken).ConfigureAwait(false);
                }

                return;
            }
            catch (MeshUnavailableException) when (attempt < AttemptsMax)
            {
                await Task.Delay(AttemptDelay, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
