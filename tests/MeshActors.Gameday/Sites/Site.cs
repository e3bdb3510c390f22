using System.Data.Common;
using System.Globalization;

namespace MeshActors.Gameday.Sites;

/// <summary>Controllers on machines of their own, on one network with this process, and the journal that they share.</summary>
internal abstract class Site(string directory) : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _machines = [];

    public IReadOnlyList<ControllerMachine> Controllers { get; protected set; } = [];

    public Readiness Readiness { get; protected set; } = null!;

    /// <summary>On this machine's own disk: data directories, CA and logs.</summary>
    protected string Directory { get; } = directory;

    protected Machine Internet { get; private set; } = null!;

    /// <summary>The first of them that exists holds an operator's token.</summary>
    public abstract IEnumerable<string> TokenFiles { get; }

    public abstract DbConnection ConnectToJournal();

    /// <summary>Takes away whatever faults have left.</summary>
    public abstract Task HealAsync();

    public async Task<string> ReadTokenAsync() => (await File.ReadAllTextAsync(TokenFiles.First(File.Exists))).Trim();

    public async ValueTask DisposeAsync()
    {
        Readiness?.Dispose();
        foreach (var machine in Enumerable.Reverse(_machines))
        {
            await machine.DisposeAsync();
        }
    }

    /// <param name="clientHost">This process's own: the script that started it gave it a network, and it becomes one more machine.</param>
    protected async Task BuildNetworkAsync(int clientHost)
    {
        Internet = Own(await Machine.CreateAsync("internet"));
        await Internet.BecomeInternetAsync();
        await Internet.AttachProcessAsync(Environment.ProcessId, clientHost);
    }

    protected async Task<Machine> NewMachineAsync(string name, int host)
    {
        var machine = await Machine.CreateAsync(name);
        await machine.AttachToAsync(Internet, host);
        return machine;
    }

    protected T Own<T>(T machine)
        where T : IAsyncDisposable
    {
        _machines.Add(machine);
        return machine;
    }

    protected static string AddressOf(int host) => $"203.0.113.{host.ToString(CultureInfo.InvariantCulture)}";
}
