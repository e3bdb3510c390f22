namespace MeshActors.SystemTests;

/// <summary>What people and machines get wrong at a node: a sentence, a status, and nothing lost.</summary>
public sealed class BadInputTests(Mesh mesh) : MeshTest(mesh)
{
    private const int BadInput = 2;
    private const int Refused = 3;
    private const int HostCannot = 4;

    [SystemTheory]
    [InlineData("")]
    [InlineData("https://203.0.113.10:8443/#mjk.not.a.key")]
    [InlineData("ftp://203.0.113.10/")]
    [InlineData("http://203.0.113.10:8443/")]
    [InlineData("not-a-url")]
    [InlineData("URL --no-such-flag")]
    [InlineData("URL --interface name-that-is-too-long")]
    [InlineData("URL --listen-port 65536")]
    [InlineData("URL --endpoint nowhere")]
    [InlineData("URL --request-ip 100.64.0.300")]
    public async Task Bad_usage_ends_at_once_with_a_sentence(string arguments)
    {
        var node = await NewNodeAsync("typist");
        node.Launch(arguments.Replace("URL", JoinUrl).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var outcome = await node.EndAsync();

        Assert.True(outcome.ExitCode == BadInput, outcome.ToString());
        Assert.NotEmpty(outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
    }

    [SystemFact]
    public async Task A_wrong_revoked_expired_or_spent_join_key_is_refused_and_no_secret_is_printed()
    {
        var events = await Controller.EventsAsync(Organization);
        await IsRefusedAsync("join-key-invalid", WithOtherSecret(JoinUrl));
        Assert.Equal(events, await Controller.EventsAsync(Organization));

        var revoked = await Controller.MeshctlAsync("join-key", "create", "--org", Organization);
        await Controller.MeshctlAsync("join-key", "revoke", revoked.GetProperty("id").GetString()!, "--org", Organization);
        await IsRefusedAsync("join-key-revoked", revoked.GetProperty("joinUrl").GetString()!);

        var single = await Controller.JoinUrlAsync(Organization, "--single-use");
        await (await NewNodeAsync("first")).StartAsync(single);
        await IsRefusedAsync("join-key-used", single);

        var expiring = await Controller.JoinUrlAsync(Organization, "--expires", "1s");
        await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System);
        await IsRefusedAsync("join-key-expired", expiring);
    }

    [SystemFact]
    public async Task A_controller_that_does_not_have_the_pinned_ca_is_not_trusted()
    {
        var node = await NewNodeAsync("careful");
        var key = JoinUrl.Split('.');
        node.Launch(string.Join('.', key[..^1]) + "." + new string('A', key[^1].Length));

        await Eventually.HoldsAsync(() =>
        {
            Assert.Matches("pin|trust|certificate", node.Log);
            return Task.CompletedTask;
        });
        Assert.DoesNotContain("careful", await Controller.EventsAsync(Organization));
    }

    [SystemFact]
    public async Task Another_nodes_credential_opens_nothing()
    {
        var victim = await JoinAsync("victim");
        var thief = await JoinAsync("thief");
        var stolen = await victim.Machine.ShellAsync("jq -r .credentialSecret /var/lib/meshd/identity.json");
        await thief.StopAsync();
        await thief.Machine.ShellAsync(
            $"jq '.credentialSecret = \"{stolen.Trim()}\"' /var/lib/meshd/identity.json >/run/i && mv /run/i /var/lib/meshd/identity.json");

        thief.Launch(Controller.Url);
        var outcome = await thief.EndAsync();

        Assert.Equal(Refused, outcome.ExitCode);
        Assert.Contains("credential-invalid", outcome.Error);
        Assert.DoesNotContain(stolen.Trim(), outcome.Text);
        Assert.True(victim.IsRunning);
    }

    [SystemTheory]
    [InlineData("identity.json", 0)]
    [InlineData("identity.json", 40)]
    [InlineData("private.key", 0)]
    [InlineData("private.key", 20)]
    public async Task A_truncated_identity_is_named_and_neither_replaced_nor_is_the_mesh_torn_down(string file, int length)
    {
        var node = await JoinAsync("node");
        var peer = await JoinAsync("peer");
        await node.StopAsync();
        await node.Machine.ShellAsync($"cp -a /var/lib/meshd /var/lib/backup; truncate -s {length} /var/lib/meshd/{file}");

        node.Launch(Controller.Url);
        var outcome = await node.EndAsync();

        Assert.True(outcome.ExitCode == HostCannot, outcome.ToString());
        Assert.Contains($"/var/lib/meshd/{file}", outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
        await node.ReachesAsync(await peer.AddressAsync(4));
        await node.Machine.ShellAsync($"cp -a /var/lib/backup/{file} /var/lib/meshd/{file}");
        await node.StartAsync(Controller.Url);
    }

    [SystemTheory]
    [InlineData("map.pb")]
    [InlineData("run.json")]
    public async Task A_truncated_cache_is_made_anew(string file)
    {
        var node = await JoinAsync("node");
        var peer = await JoinAsync("peer", "--child-prefix=172.24.0.0/24");
        await node.SeesExactlyAsync((peer, ["172.24.0.0/24"]));
        await node.StopAsync();
        await node.Machine.ShellAsync($"test -s /var/lib/meshd/{file}; truncate -s 30 /var/lib/meshd/{file}");

        await node.StartAsync(Controller.Url);

        await node.SeesExactlyAsync((peer, ["172.24.0.0/24"]));
        await peer.ReachesAsync(await node.AddressAsync(4));
    }

    [SystemFact]
    public async Task A_host_without_rights_or_without_wireguard_is_told_so()
    {
        var node = await NewNodeAsync("node");
        var unprivileged = await node.Machine.TryAsync(
            "setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", "meshd", JoinUrl);
        Assert.True(unprivileged.ExitCode == HostCannot, unprivileged.ToString());

        var meshd = (await node.Machine.RunAsync("which", "meshd")).Trim();
        var bare = await node.Machine.TryAsync("env", "PATH=/nowhere", meshd, JoinUrl);
        Assert.True(bare.ExitCode == HostCannot, bare.ToString());
        Assert.Contains("wg", bare.Error);
    }

    [SystemTheory]
    [InlineData("org create Not_A_Name", "name-malformed")]
    [InlineData("org create LONG", "name-malformed")]
    [InlineData("org create default", "organization-exists")]
    [InlineData("org show nobody", "organization-unknown")]
    [InlineData("node show nobody", "node-unknown")]
    [InlineData("node remove --yes nobody", "node-unknown")]
    [InlineData("join-key revoke nothing", "join-key-unknown")]
    [InlineData("join-key create --description LONG", "request-malformed")]
    public async Task An_operators_mistake_is_refused_by_code(string arguments, string code)
    {
        var outcome = await Controller.TryMeshctlAsync(
            arguments.Split(' ').Select(word => word == "LONG" ? new string('x', 2_000) : word).ToArray());

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(code, outcome.Error);
        Assert.True(Controller.IsRunning);
    }

    [SystemFact]
    public async Task An_oversized_request_is_refused_and_the_controller_lives()
    {
        var outcome = await Controller.TryMeshctlAsync("join-key", "create", "--description", new string('x', 100_000));

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.StartsWith("meshctl: ", outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
        (await Controller.TryMeshctlAsync("status")).Succeeded();
    }

    private async Task IsRefusedAsync(string code, string url)
    {
        var node = await NewNodeAsync("refused");
        node.Launch(url);
        var outcome = await node.EndAsync();

        Assert.True(outcome.ExitCode == Refused, outcome.ToString());
        Assert.Contains(code, outcome.Error);
        Assert.DoesNotContain(url.Split('.')[^2], outcome.Text);
    }

    private static string WithOtherSecret(string url)
    {
        var parts = url.Split('.');
        parts[^2] = new string('A', parts[^2].Length);
        return string.Join('.', parts);
    }
}
