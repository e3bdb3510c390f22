namespace MeshActors.SystemTests;

/// <summary>What changes at one place is followed everywhere, and nothing of the old is left over.</summary>
public sealed class LiveTests(Mesh mesh) : MeshTest(mesh)
{
    private const string A = "172.24.0.0/24";
    private const string B = "172.28.0.0/24";

    [SystemFact]
    public async Task Prefixes_are_announced_withdrawn_and_announced_again()
    {
        var router = await JoinAsync("router", $"--child-prefix={A}");
        var peer = await JoinAsync("peer");
        await peer.SeesExactlyAsync((router, [A]));

        foreach (var announced in new string[][] { [A, B], [B], [], [A] })
        {
            await router.StopAsync();
            await router.StartAsync([.. announced.Select(prefix => $"--child-prefix={prefix}"), JoinUrl]);
            await peer.SeesExactlyAsync((router, announced));
            await router.SeesExactlyAsync((peer, []));
        }
    }

    [SystemFact]
    public async Task A_withdrawn_prefix_stays_allocated()
    {
        var router = await JoinAsync("router", $"--child-prefix={A}");
        await router.StopAsync();
        await router.StartAsync(JoinUrl);
        var peer = await JoinAsync("peer");
        await peer.SeesExactlyAsync((router, []));

        var thief = await NewNodeAsync("thief");
        thief.Launch($"--child-prefix={A}", JoinUrl);
        var outcome = await thief.EndAsync();
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("prefix-overlap", outcome.Error);
    }

    [SystemFact]
    public async Task A_removed_node_disappears_everywhere_and_its_agent_says_why_it_ends()
    {
        var router = await JoinAsync("router", $"--child-prefix={A}");
        var other = await JoinAsync("other", $"--child-prefix={B}");
        var peer = await JoinAsync("peer");
        await peer.SeesExactlyAsync((router, [A]), (other, [B]));

        await Controller.MeshctlAsync("node", "remove", "--yes", "router", "--org", Organization);

        await peer.SeesExactlyAsync((other, [B]));
        await other.SeesExactlyAsync((peer, []));
        var outcome = await router.EndAsync();
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("node-removed", outcome.Error);
        Assert.NotEqual(0, (await router.Machine.TryAsync("ip", "link", "show", "wg0")).ExitCode);
        Assert.Equal(string.Empty, await router.Machine.ShellAsync("ip route show proto 176; ip -6 route show proto 176"));
    }

    [SystemFact]
    public async Task A_removed_nodes_assignments_stay_reserved_and_its_key_does_not_come_back()
    {
        var router = await JoinAsync("router", $"--child-prefix={A}");
        await Controller.MeshctlAsync("node", "remove", "--yes", "router", "--org", Organization);
        await router.EndAsync();

        router.Launch($"--child-prefix={A}", JoinUrl);
        var again = await router.EndAsync();
        Assert.Equal(3, again.ExitCode);
        Assert.Contains("node-removed", again.Error);

        var thief = await NewNodeAsync("thief");
        thief.Launch($"--child-prefix={A}", JoinUrl);
        Assert.Contains("prefix-overlap", (await thief.EndAsync()).Error);
    }

    [SystemTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replacement_takes_over_addresses_and_prefixes(bool removedBefore)
    {
        var old = await JoinAsync("router", $"--child-prefix={A}");
        var peer = await JoinAsync("peer");
        await peer.SeesExactlyAsync((old, [A]));
        var (v4, v6, key) = (await old.AddressAsync(4), await old.AddressAsync(6), await old.Machine.PublicKeyAsync());
        if (removedBefore)
        {
            await Controller.MeshctlAsync("node", "remove", "--yes", "router", "--org", Organization);
            await peer.SeesExactlyAsync();
        }

        var joinKey = await Controller.MeshctlAsync("node", "replace", "router", "--org", Organization);
        var successor = await NewNodeAsync("router");
        await successor.StartAsync($"--child-prefix={A}", joinKey.GetProperty("joinUrl").GetString()!);
        await successor.AddLoopbackAsync("172.24.0.10/32");

        Assert.Equal((v4, v6), (await successor.AddressAsync(4), await successor.AddressAsync(6)));
        Assert.NotEqual(key, await successor.Machine.PublicKeyAsync());
        await peer.SeesExactlyAsync((successor, [A]));
        await peer.ReachesAsync("172.24.0.10");
        await peer.ReachesAsync(v6);
        Assert.Equal(3, (await old.EndAsync()).ExitCode);
    }

    [SystemFact]
    public async Task Twenty_machines_that_join_at_once_all_see_each_other()
    {
        var nodes = new List<Node>();
        for (var number = 0; number < 20; number++)
        {
            nodes.Add(await NewNodeAsync($"node{number}"));
        }

        await Task.WhenAll(nodes.Select((node, number) => node.StartAsync($"--child-prefix=10.{number}.0.0/24", JoinUrl)));

        foreach (var (node, own) in nodes.Select((node, number) => (node, number)))
        {
            await node.SeesExactlyAsync([.. nodes
                .Select((peer, number) => (Peer: peer, Number: number, Prefixes: new[] { $"10.{number}.0.0/24" }))
                .Where(peer => peer.Number != own)
                .Select(peer => (peer.Peer, peer.Prefixes))]);
        }
    }

    [SystemFact]
    public async Task Of_machines_that_claim_overlapping_prefixes_at_once_exactly_one_wins()
    {
        string[] claims = [A, "172.24.0.0/25", "172.24.0.0/16", A, "172.24.0.64/26"];
        var nodes = new List<Node>();
        foreach (var number in Enumerable.Range(0, claims.Length))
        {
            nodes.Add(await NewNodeAsync($"claimant{number}"));
        }

        foreach (var (node, claim) in nodes.Zip(claims))
        {
            node.Launch($"--child-prefix={claim}", JoinUrl);
        }

        await Eventually.IsTrueAsync(
            () => Task.FromResult(nodes.Count(node => node.IsRunning) == 1), "all but one claimant are refused");
        var winner = nodes.Single(node => node.IsRunning);
        await Eventually.HoldsAsync(() => winner.AddressAsync(4));
        foreach (var loser in nodes.Where(node => node != winner))
        {
            var outcome = await loser.EndAsync();
            Assert.Equal(3, outcome.ExitCode);
            Assert.Contains(winner.Name, outcome.Error);
        }
    }
}
