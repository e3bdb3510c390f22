using System.Data.Common;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Contracts.Trust;
using Npgsql;

namespace MeshActors.Gameday.Sites;

/// <summary>Three controllers that are one cluster, and a PostgreSQL server.</summary>
internal sealed class ClusterSite : Site
{
    private const int ControllerCount = 3;
    private const int FirstControllerHost = 11;
    private const int DatabaseHost = 20;
    private const int ClientHost = 30;

    private readonly string _configFile;

    private ClusterSite(string directory, string configFile)
        : base(directory) => _configFile = configFile;

    public PostgresMachine Database { get; private set; } = null!;

    // Each controller that met an empty database left one.
    public override IEnumerable<string> TokenFiles => Enumerable.Range(0, ControllerCount).Select(index => Path.Combine(DataOf(index), "admin.token"));

    public static async Task<ClusterSite> StartAsync(string directory, string configFile)
    {
        var site = new ClusterSite(directory, configFile);
        try
        {
            await site.BuildAsync();
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Of the organization that the first of them to start has made.</summary>
    public async Task<string> ReadJoinUrlAsync() => (await File.ReadAllTextAsync(
        Enumerable.Range(0, ControllerCount).Select(index => Path.Combine(DataOf(index), "default.join-url")).First(File.Exists))).Trim();

    /// <summary>A machine for a meshd, which is not started.</summary>
    public async Task<Node> NewNodeAsync(string name, int host) => new(await NewMachineAsync(name, host));

    public override DbConnection ConnectToJournal() => new NpgsqlConnection(Database.ConnectionString);

    public override async Task HealAsync()
    {
        foreach (var controller in Controllers)
        {
            controller.Signal("CONT");
            await Network.HealAsync(controller.Machine);
        }

        await Database.ThawAsync();
        await Network.HealAsync(Database.Machine);
    }

    private async Task BuildAsync()
    {
        await BuildNetworkAsync(ClientHost);
        Database = Own(new PostgresMachine(await NewMachineAsync("database", DatabaseHost), AddressOf(DatabaseHost)));
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
            var name = $"controller{index + 1}";
            controllers.Add(Own(new ControllerMachine(
                await NewMachineAsync(name, host), AddressOf(host), Arguments(index, host, ca), Path.Combine(Directory, $"{name}.log"))));
        }

        Controllers = controllers;
        controllers.ForEach(controller => controller.Start());
    }

    private string[] Arguments(int index, int host, string ca) =>
    [
        "--data-dir", DataOf(index),
        "--ca-dir", ca,
        "--advertise", AddressOf(host),
        "--database", Database.Url,
        "--cluster-listen", $"{AddressOf(host)}:4053",
        "--config", _configFile,
    ];

    private string DataOf(int index) => Path.Combine(Directory, $"controller{index + 1}");
}
