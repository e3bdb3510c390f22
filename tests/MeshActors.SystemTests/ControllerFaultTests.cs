namespace MeshActors.SystemTests;

/// <summary>A controller whose disk or files fail; each test has a controller of its own.</summary>
public sealed class ControllerFaultTests(Mesh mesh) : MeshTest(mesh)
{
    private const int HostCannot = 4;

    // More than a full disk's last free pages take.
    private const int AttemptsMax = 2000;

    private readonly Mesh _mesh = mesh;

    [SystemFact]
    public async Task A_full_disk_is_a_clear_error_and_no_end_and_nothing_acknowledged_is_lost()
    {
        var controller = Keep(await _mesh.NewControllerAsync());
        await controller.Machine.ShellAsync(
            $"mkdir -p {Controller.DataDirectory}; mount -t tmpfs -o size=16m,mode=0700 tmpfs {Controller.DataDirectory}");
        await controller.StartAsync();
        await controller.Machine.ShellAsync($"dd if=/dev/zero of={Controller.DataDirectory}/filler bs=4k 2>/dev/null || true");

        var acknowledged = new HashSet<string>();
        var outcome = await CreateUntilRefusedAsync(controller, acknowledged);

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.True(outcome.Error.Contains("unavailable"), outcome.ToString());
        Assert.True(controller.IsRunning, controller.Log);
        (await controller.TryMeshctlAsync("status")).Succeeded();

        await controller.Machine.RunAsync("rm", $"{Controller.DataDirectory}/filler");
        await Eventually.HoldsAsync(async () =>
            acknowledged.Add((await controller.MeshctlAsync("join-key", "create")).GetProperty("id").GetString()!));
        Assert.Subset(await KeysAsync(controller), acknowledged);

        await controller.KillAsync();
        await controller.StartAsync();
        Assert.Subset(await KeysAsync(controller), acknowledged);
    }

    [SystemFact]
    public async Task A_read_only_data_directory_is_named_and_nothing_starts()
    {
        var controller = Keep(await _mesh.NewControllerAsync());
        await controller.Machine.ShellAsync(
            $"mkdir -p {Controller.DataDirectory}; mount -t tmpfs -o ro tmpfs {Controller.DataDirectory}");

        var outcome = await controller.Machine.TryAsync("mesh-controller", "--data-dir", Controller.DataDirectory);

        Assert.True(outcome.ExitCode == HostCannot, outcome.ToString());
        Assert.Contains(Controller.DataDirectory, outcome.Error);
    }

    [SystemFact]
    public async Task A_second_controller_on_the_same_directory_is_refused()
    {
        var outcome = await Controller.Machine.TryAsync(
            "mesh-controller", "--data-dir", Controller.DataDirectory, "--listen", "0.0.0.0:9443");

        Assert.True(outcome.ExitCode == HostCannot, outcome.ToString());
        Assert.Contains(Controller.DataDirectory, outcome.Error);
        Assert.True(Controller.IsRunning);
    }

    [SystemTheory]
    [InlineData("ca.pem")]
    [InlineData("ca.key")]
    [InlineData("mesh.db")]
    public async Task A_truncated_file_is_named_and_not_replaced(string file)
    {
        var controller = Keep(await _mesh.NewControllerAsync());
        await controller.StartAsync();
        await controller.KillAsync("TERM");
        await controller.Machine.ShellAsync(
            $"cd {Controller.DataDirectory}; cp -a . ../backup; truncate -s 100 {file}; sha256sum {file} >/run/sum");

        var outcome = await controller.Machine.TryAsync("mesh-controller", "--data-dir", Controller.DataDirectory);

        Assert.True(outcome.ExitCode == HostCannot, outcome.ToString());
        Assert.Contains(file, outcome.Text);
        await controller.Machine.ShellAsync($"cd {Controller.DataDirectory}; sha256sum -c /run/sum; cp -a ../backup/. .");
        await controller.StartAsync();
    }

    [SystemFact]
    public async Task Secrets_lie_in_files_of_their_owner_only_and_not_in_the_log_of_a_second_start()
    {
        var controller = Keep(await _mesh.NewControllerAsync());
        await controller.StartAsync();
        await controller.KillAsync("TERM");
        await controller.StartAsync();

        var others = await controller.Machine.ShellAsync(
            $"cd {Controller.DataDirectory}; find . -maxdepth 0 -perm /077; find admin.token default.join-url ca.key server.pem -perm /077");
        Assert.Equal(string.Empty, others);
        var token = (await controller.Machine.RunAsync("cat", $"{Controller.DataDirectory}/admin.token")).Trim();
        Assert.DoesNotContain(token, controller.Log);
    }

    private static async Task<Outcome> CreateUntilRefusedAsync(Controller controller, HashSet<string> acknowledged)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var before = await KeysAsync(controller);
            var outcome = await controller.TryMeshctlAsync("join-key", "create", "-o", "json");
            if (outcome.ExitCode != 0)
            {
                acknowledged.UnionWith(before);
                return outcome;
            }
        }

        throw new InvalidOperationException($"{AttemptsMax} join keys fit on a full disk.");
    }

    private static async Task<HashSet<string>> KeysAsync(Controller controller) =>
        [.. (await controller.MeshctlAsync("join-key", "list")).GetProperty("joinKeys")
            .EnumerateArray().Select(key => key.GetProperty("id").GetString()!)];
}
