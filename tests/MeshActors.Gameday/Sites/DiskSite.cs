using System.Data.Common;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Contracts.Trust;
using Microsoft.Data.Sqlite;

namespace MeshActors.Gameday.Sites;

/// <summary>One controller with SQLite on a small disk, which can be filled.</summary>
internal sealed class DiskSite : Site
{
    private const int ControllerHost = 11;
    private const int ClientHost = 30;

    /// <summary>Of the disk, in MB: a journal of some thousand events and its write-ahead log fit.</summary>
    private const int SizeMegabytes = 48;

    private static readonly TimeSpan FirstStartMax = TimeSpan.FromSeconds(60);

    private readonly string _disk;

    private DiskSite(string directory)
        : base(directory) => _disk = Path.Combine(directory, "small-disk");

    public override IEnumerable<string> TokenFiles => [Path.Combine(_disk, "admin.token")];

    private string Filler => Path.Combine(_disk, "filler");

    public static async Task<DiskSite> StartAsync(string directory)
    {
        var site = new DiskSite(directory);
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

    /// <summary>The journal's own file, which the controller has open: SQLite allows readers beside it.</summary>
    public override DbConnection ConnectToJournal() => new SqliteConnection(new SqliteConnectionStringBuilder
    {
        DataSource = Path.Combine(_disk, "mesh.db"),
        Pooling = false,
    }.ConnectionString);

    /// <summary>Not one byte is left.</summary>
    public Task FillAsync() => Internet.TryAsync("sh", "-c", $"cat /dev/zero > {Filler}");

    public override Task HealAsync()
    {
        File.Delete(Filler);
        return Task.CompletedTask;
    }

    // The mount is in this process's own mount namespace, and goes with it; machines that start later see it.
    private async Task BuildAsync()
    {
        System.IO.Directory.CreateDirectory(_disk);
        (await Command.RunAsync(["mount", "-t", "tmpfs", "-o", $"size={SizeMegabytes}m,mode=0700", "tmpfs", _disk])).Succeeded();
        await BuildNetworkAsync(ClientHost);
        var controller = Own(new ControllerMachine(
            await NewMachineAsync("controller", ControllerHost),
            AddressOf(ControllerHost),
            ["--data-dir", _disk, "--advertise", AddressOf(ControllerHost)],
            Path.Combine(Directory, "small-disk.log")));
        Controllers = [controller];
        controller.Start();
        var authority = Path.Combine(_disk, "ca.pem");
        for (var clock = Stopwatch.StartNew(); !File.Exists(authority) && clock.Elapsed < FirstStartMax;)
        {
            await Task.Delay(100);
        }

        using var certificate = X509CertificateLoader.LoadCertificateFromFile(authority);
        Readiness = new Readiness(PinnedTrust.PinOf(certificate));
    }
}
