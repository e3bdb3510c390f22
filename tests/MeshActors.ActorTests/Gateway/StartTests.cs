using System.Net;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.Hosting;

namespace MeshActors.ActorTests.Gateway;

public sealed class StartTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_controller_starts_again_with_everything_that_it_had()
    {
        var node1 = new Machine("node1");
        string ca;
        string token;
        await using (var first = await RunningController.StartAsync(_directory.Path))
        {
            Assert.True(first.IsFirstStart);
            await node1.JoinAsync(first, "172.24.0.0/24");
            ca = File("ca.pem");
            token = File("admin.token");
        }

        await using var second = await RunningController.StartAsync(_directory.Path);
        var nodes = await second.Admin.ListNodesAsync(new ListNodesRequest { Organization = "default" }, RunningController.With(token.Trim()));
        using var stream = await node1.ConnectAsync(second, node1.Hello("172.24.0.0/24"));

        Assert.False(second.IsFirstStart);
        Assert.Equal(ca, File("ca.pem"));
        Assert.Equal("node1", Assert.Single(nodes.Nodes).Name);
        Assert.NotNull((await stream.NextAsync()).Welcome);
        Assert.Equal("200 ready\n", await second.GetAsync("/readyz"));
        Assert.Equal("200 ok\n", await second.GetAsync("/healthz"));
    }

    [Fact]
    public async Task Secrets_are_readable_by_their_owner_only()
    {
        await using var controller = await RunningController.StartAsync(_directory.Path);

        foreach (var name in new[] { "ca.key", "server.pem", "admin.token", "default.join-url" })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(Path.Combine(_directory.Path, name)));
        }
    }

    [Trait("Journal", "SQLite")]
    [Fact]
    public async Task A_first_start_that_was_cut_between_file_and_journal_is_finished_by_the_next()
    {
        string token;
        await using (var elsewhere = await RunningController.StartAsync(_directory.Path))
        {
            token = File("admin.token");
        }

        // What a crash before the journal's first row leaves: the files, and no journal. And no connection to the old one,
        // which this process has in its pool.
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var journal in System.IO.Directory.GetFiles(_directory.Path, "mesh.db*"))
        {
            System.IO.File.Delete(journal);
        }

        await using var controller = await RunningController.StartAsync(_directory.Path);
        Assert.Equal(token, File("admin.token"));
        Assert.NotNull((await new Machine("node1").JoinAsync(controller)).Joined);
        Assert.Single((await controller.Admin.ListTokensAsync(new ListTokensRequest(), controller.AsAdmin())).Tokens);
    }

    [Fact]
    public async Task A_damaged_or_lost_CA_is_never_silently_made_anew()
    {
        await using (await RunningController.StartAsync(_directory.Path))
        {
        }

        var key = File("ca.key");
        Write("ca.key", key[..40]);
        Assert.Contains("ca.key", await RefusedStartAsync(), StringComparison.Ordinal);
        Assert.Equal(key[..40], File("ca.key"));
        System.IO.File.Delete(Path.Combine(_directory.Path, "ca.key"));
        Assert.Contains("backup", await RefusedStartAsync(), StringComparison.Ordinal);
        System.IO.File.Delete(Path.Combine(_directory.Path, "ca.pem"));
        Assert.Contains("backup", await RefusedStartAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_controllers_never_share_a_data_directory_and_a_taken_port_is_named()
    {
        await using var controller = await RunningController.StartAsync(_directory.Path);
        using var other = new TempDirectory();
        var port = new Uri(controller.Url).Port;

        Assert.Contains("another controller holds", await RefusedStartAsync(), StringComparison.Ordinal);
        Assert.Contains($":{port}", await RefusedStartAsync(other.Path, port), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_config_file_that_is_no_HOCON_is_named()
    {
        Write("bad.conf", "akka { x = ${nowhere} }");
        var options = new ControllerOptions { DataDirectory = _directory.Path, ConfigFiles = [_directory.File("bad.conf")] };
        var fault = await Assert.ThrowsAsync<StartException>(() => ControllerHost.StartAsync(options, TimeProvider.System, CancellationToken.None));

        Assert.Equal(2, fault.ExitStatus);
        Assert.Contains("bad.conf", fault.Message, StringComparison.Ordinal);
    }

    private Task<string> RefusedStartAsync() => RefusedStartAsync(_directory.Path, RunningController.FreePort());

    private static async Task<string> RefusedStartAsync(string directory, int port)
    {
        var options = new ControllerOptions { DataDirectory = directory, Listen = new IPEndPoint(IPAddress.Loopback, port) };
        var fault = await Assert.ThrowsAsync<StartException>(() => ControllerHost.StartAsync(options, TimeProvider.System, CancellationToken.None));
        Assert.Equal(4, fault.ExitStatus);
        return fault.Message;
    }

    private string File(string name) => System.IO.File.ReadAllText(Path.Combine(_directory.Path, name));

    private void Write(string name, string text) => System.IO.File.WriteAllText(Path.Combine(_directory.Path, name), text);
}
