namespace MeshActors.SystemTests;

/// <summary>The README's "Backup and restore", line by line: the controller and its disk are gone, and the mesh does not notice.</summary>
public sealed class RestoreTests(Mesh mesh) : MeshTest(mesh)
{
    // Five seconds of packets.
    private const int AWhile = 100;

    private const string Backup = "/run/backup";
    private const string Metrics = "127.0.0.1:9464";
    private const string Data = Controller.DataDirectory;

    [SystemFact]
    public async Task A_destroyed_controller_is_restored_onto_another_database_and_the_mesh_does_not_notice()
    {
        var controller = Keep(await Mesh.NewControllerAsync());
        await controller.StartAsync();
        await controller.MeshctlAsync("org", "create", "acme");
        var token = (await controller.MeshctlAsync("token", "create", "ops", "--org", "acme")).GetProperty("token").GetString()!;
        var url = await controller.JoinUrlAsync("acme");
        var router = await (await NewNodeAsync("router")).StartAsync("--child-prefix=172.24.0.0/24", url);
        var laptop = await (await NewNodeAsync("laptop")).StartAsync(url);
        var inDefault = await (await NewNodeAsync("other")).StartAsync(await controller.JoinUrlAsync("default"));
        await router.AddLoopbackAsync("172.24.0.10/32");
        await laptop.ReachesAsync("172.24.0.10");
        await HaveAllAsync(controller, "acme", 2);
        await HaveAllAsync(controller, "default", 1);
        var ping = await SteadyPing.StartAsync(laptop, "172.24.0.10");
        var before = await controller.MeshctlAsync("org", "show", "acme");

        // The backup.
        await controller.Machine.ShellAsync($"""
            install -d -m 0700 {Backup}
            cp -p {Data}/ca.pem {Data}/ca.key {Data}/admin.token {Backup}/
            meshctl events export --all {Backup}
            """);

        // The disaster.
        await controller.KillAsync();
        await controller.Machine.ShellAsync($"rm -rf {Data}");
        await ping.AnswersAsync(AWhile);

        // The restore.
        var database = await NewDatabaseAsync();
        await controller.Machine.ShellAsync($"""
            install -d -m 0700 {Data}
            cp -p {Backup}/ca.pem {Backup}/ca.key {Backup}/admin.token {Data}/
            """);
        await controller.StartAsync("--no-default-org", "--database", database, "--metrics-listen", Metrics);
        // Agents meet it before it knows them.
        await Eventually.IsTrueAsync(() => Task.FromResult(TurnedAway(controller)), "agents are told to come again");
        await controller.Machine.ShellAsync($"for file in {Backup}/*.jsonl; do meshctl events import $file; done");
        await HaveAllAsync(controller, "acme", 2);
        await HaveAllAsync(controller, "default", 1);
        Assert.False(await SentWholeMapsAsync(controller));
        await controller.KillAsync("TERM");
        await controller.StartAsync("--database", database, "--metrics-listen", Metrics);

        await HaveAllAsync(controller, "acme", 2);
        await HaveAllAsync(controller, "default", 1);
        Assert.False(await SentWholeMapsAsync(controller));
        Assert.Equal(before.ToString(), (await controller.MeshctlAsync("org", "show", "acme")).ToString());
        await ping.AnswersAsync(AWhile);
        foreach (var organization in new[] { "acme", "default" })
        {
            (await controller.TryMeshctlAsync("--org", organization, "events", "export", "/run/again.jsonl", "--force")).Succeeded();
            await controller.Machine.RunAsync("cmp", $"{Backup}/{organization}.jsonl", "/run/again.jsonl");
            (await controller.TryMeshctlAsync("--org", organization, "events", "verify")).Succeeded();
        }

        // The operators' token, the machines' join URL, and a change that reaches the agents.
        await controller.Machine.ShellAsync($"MESHCTL_TOKEN={token} meshctl node list");
        var late = await (await NewNodeAsync("late")).StartAsync("--child-prefix=172.28.0.0/24", url);
        await late.AddLoopbackAsync("172.28.0.10/32");
        await laptop.ReachesAsync("172.28.0.10");
        Assert.True(await SentWholeMapsAsync(controller));
        await ping.EndsWithoutLossAsync();
        Assert.True(router.IsRunning && laptop.IsRunning && inDefault.IsRunning);
    }

    [SystemFact]
    public async Task A_journal_is_the_same_after_its_way_through_both_databases()
    {
        var controller = Keep(await Mesh.NewControllerAsync());
        await controller.StartAsync("--no-default-org", "--database", await NewDatabaseAsync());
        await controller.MeshctlAsync("org", "create", "acme");
        for (var i = 0; i < 20; i++)
        {
            await controller.JoinUrlAsync("acme");
        }

        // On with SQLite, on with PostgreSQL, each controller knowing nothing of the one before.
        (await controller.TryMeshctlAsync("--org", "acme", "events", "export", "/run/0.jsonl")).Succeeded();
        string[][] databases = [[], ["--database", await NewDatabaseAsync()]];
        for (var i = 0; i < databases.Length; i++)
        {
            await controller.KillAsync();
            await controller.Machine.ShellAsync($"rm -rf {Data}");
            await controller.StartAsync(["--no-default-org", .. databases[i]]);
            (await controller.TryMeshctlAsync("events", "import", $"/run/{i}.jsonl")).Succeeded();
            (await controller.TryMeshctlAsync("--org", "acme", "events", "export", $"/run/{i + 1}.jsonl")).Succeeded();
            await controller.Machine.RunAsync("cmp", "/run/0.jsonl", $"/run/{i + 1}.jsonl");
        }
    }

    private static bool TurnedAway(Controller controller) =>
        new[] { "acme", "default" }.All(organization => controller.Log.Split('\n').Any(line =>
            line.Contains($"organization {organization} ") && line.Contains("unavailable")));

    /// <summary>A counter is shown from its first on.</summary>
    private static async Task<bool> SentWholeMapsAsync(Controller controller) =>
        (await controller.Machine.TryAsync("busybox", "wget", "-qO-", $"http://{Metrics}/metrics")).Succeeded().Output
            .Split('\n').Any(line => line.StartsWith("mesh_feed_whole_maps", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));

    private async Task<string> NewDatabaseAsync()
    {
        var machine = Keep(await Machine.CreateAsync("database"));
        var host = Mesh.NextHost();
        await machine.AttachToAsync(Mesh.Internet, host);
        return await Postgres.StartAsync(machine, $"203.0.113.{host}");
    }

    /// <summary>All are connected and have the newest revision in their kernels.</summary>
    private static Task HaveAllAsync(Controller controller, string organization, int count) => Eventually.HoldsAsync(async () =>
    {
        var nodes = (await controller.MeshctlAsync("node", "list", "--org", organization)).GetProperty("nodes").EnumerateArray()
            .Where(node => node.GetProperty("connected").GetBoolean() && node.GetProperty("lag").GetInt64() == 0);
        Assert.Equal(count, nodes.Count());
    });
}
