using MeshActors.Cluster;
using MeshActors.Domain;

namespace MeshActors.ActorTests.Support;

/// <summary>One running mesh for the tests of a class; each takes an organization of its own.</summary>
public sealed class MeshFixture : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private MeshHost? _host;
    private int _organizations;

    internal IMesh Mesh => _host!.Mesh;

    public async Task InitializeAsync() => _host = await MeshHost.StartAsync(_directory.Path);

    public Task DisposeAsync() => _host!.StopAsync();

    public void Dispose() => _directory.Dispose();

    /// <summary>An organization with a reusable join key.</summary>
    internal async Task<OrganizationId> FoundAsync()
    {
        var id = OrganizationId.Parse($"org-{Interlocked.Increment(ref _organizations)}");
        await Mesh.FoundAsync(id);
        return id;
    }
}

/// <summary>Waits for what comes later by itself.</summary>
internal static class Until
{
    public static async Task<T> TrueAsync<T>(Func<Task<T>> read, Func<T, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var value = await read();
        while (!condition(value))
        {
            await timer.WaitForNextTickAsync(patience.Token);
            value = await read();
        }

        return value;
    }
}
