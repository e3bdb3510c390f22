using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Contracts.Trust;

namespace MeshActors.Gameday.Site;

/// <summary>Three controllers, a database and this process, each on a machine of its own, on one network.</summary>
internal sealed class Lab : IAsyncDisposable
{
    private const int ControllerCount = 3;
    private const int FirstControllerHost = 11;
    private const int DatabaseHost = 20;
    private const int ClientHost = 30;

    private readonly List<IAsyncDisposable> _machines = [];

    private Lab(string directory) => Directory = directory;

    /// <summary>On this machine's own disk: data directories, CA and logs.</summary>
    public string Directory { get; }

    public Readiness Readiness { get; private set; } = null!;

    public PostgresMachine Database { get; private set; } = null!;

    public IReadOnlyList<ControllerMachine> Controllers { get; private set; } = [];

    public static async Task<Lab> StartAsync(string directory)
    {
        var lab = new Lab(directory);
        try
        {
            await lab.BuildAsync();
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public string LogOf(int controller) => Path.Combine(Directory, $"controller{controller + 1}.log");

    public string DataOf(int controller) => Path.Combine(Directory, $"controller{controller + 1}");

    public async ValueTask DisposeAsync()
    {
        Readiness?.Dispose();
        foreach (var machine in Enumerable.Reverse(_machines))
        {
            await machine.DisposeAsync();
        }
    }

    private async Task BuildAsync()
    {
        var internet = await Machine.CreateAsync("internet");
        _machines.Add(internet);
        await internet.BecomeInternetAsync();
        await AttachSelfAsync(internet);

        Database = new PostgresMachine(await NewMachineAsync(internet, "database", DatabaseHost), Address(DatabaseHost));
        _machines.Add(Database);
        await Database.CreateAsync();

        var ca = Path.Combine(Directory, "ca");
        await Database.Machine.RunAsync("mesh-controller", "ca", "create", ca);
        using (var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ca, "ca.pem")))
        {
            Readiness = new Readiness(PinnedTrust.PinOf(authority));
        }

        var controllers = new List<ControllerMachine>();
        for (var index = 0; index < ControllerCount; index++)
        {
            var host = FirstControllerHost + index;
            var machine = await NewMachineAsync(internet, $"controller{index + 1}", host);
            controllers.Add(new ControllerMachine(machine, Address(host), Arguments(index, host, ca), LogOf(index)));
            _machines.Add(controllers[^1]);
        }

        Controllers = controllers;
        controllers.ForEach(controller => controller.Start());
    }

    private string[] Arguments(int index, int host, string ca) =>
    [
        "--data-dir", DataOf(index),
        "--ca-dir", ca,
        "--advertise", Address(host),
        "--database", Database.Url,
        "--cluster-listen", $"{Address(host)}:4053",
        "--config", Path.Combine(Requirements.Root, "hocon", "failover-fast.conf"),
    ];

    // The script that started this process gave it a network of its own: it becomes one more machine of the lab.
    private static async Task AttachSelfAsync(Machine internet) => await internet.AttachProcessAsync(Environment.ProcessId, ClientHost);

    private static async Task<Machine> NewMachineAsync(Machine internet, string name, int host)
    {
        var machine = await Machine.CreateAsync(name);
        await machine.AttachToAsync(internet, host);
        return machine;
    }

    private static string Address(int host) => $"203.0.113.{host.ToString(CultureInfo.InvariantCulture)}";
}
