namespace MeshActors.SystemTests;

/// <summary>What someone breaks on the host is put right while meshd runs, and by meshd down taken away whole.</summary>
public sealed class RepairTests(Mesh mesh) : MeshTest(mesh)
{
    private const string Child = "172.28.0.0/24";

    // What a person could notice on the host. Counters and life times change by themselves and are left out.
    // Route order is the kernel's affair; the empty directory of its sockets is wireguard-go's.
    private const string HostState = """
        wg show all allowed-ips
        wg show all private-key
        ip -br link
        ip -br addr
        ip route show table all | sort
        ip -6 route show table all | sed 's/ expires [0-9]*sec//' | sort
        ip rule
        ip -6 rule
        iptables-save | sed '/^#/d; s/\[[0-9:]*\]//'
        ip6tables-save | sed '/^#/d; s/\[[0-9:]*\]//'
        nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*//'
        sysctl -a 2>/dev/null | grep -E 'forward|rp_filter|accept_ra|src_valid_mark|proxy_arp' | sort
        find /run/wireguard /run/meshd -mindepth 1 2>/dev/null || true
        ps -e -o comm= | grep -E 'wireguard|meshd' || true
        """;

    private Node _node = null!;
    private Node _peer = null!;

    [SystemTheory]
    [InlineData("the interface is deleted", "ip link del wg0")]
    [InlineData("the interface is down", "ip link set wg0 down")]
    [InlineData("a route is deleted", "ip route del 172.28.0.0/24")]
    [InlineData("all IPv6 routes are deleted", "ip -6 route flush dev wg0 proto 176")]
    [InlineData("the addresses are deleted", "ip addr flush dev wg0")]
    [InlineData("AllowedIPs of a peer are changed", "wg set wg0 peer PEER allowed-ips 192.0.2.0/24")]
    [InlineData("a peer is removed", "wg set wg0 peer PEER remove")]
    [InlineData("a peer is added", "wg set wg0 peer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE= allowed-ips 172.28.0.0/25")]
    [InlineData("forwarding is switched off", "sysctl -w net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0")]
    [InlineData("the accept rule of Docker is flushed", "iptables -F DOCKER-USER")]
    public async Task It_is_put_right_without_a_restart_when(string what, string damage)
    {
        Assert.NotEmpty(what);
        await TwoRoutersAsync();
        var before = await _node.Machine.PeersAsync();

        await _node.Machine.ShellAsync(damage.Replace("PEER", await _peer.Machine.PublicKeyAsync()));

        await _node.SeesExactlyAsync((_peer, [Child, "fd00:28::/64"]));
        Assert.Equal(before, await _node.Machine.PeersAsync());
        await _node.ReachesAsync("172.28.0.10");
        await _peer.ReachesAsync(await _node.Machine.ContainerAddressAsync("container", 4));
        await _peer.ReachesAsync(await _node.Machine.ContainerAddressAsync("container", 6));
        Assert.True(_node.IsRunning);
    }

    [SystemFact]
    public async Task Meshd_down_leaves_the_host_as_it_was()
    {
        _node = await NewNodeAsync("node");
        await _node.Machine.StartDockerAsync();
        await _node.Machine.StartContainerAsync("container", "172.24.0.0/24", "fd00:24::/64");
        await _node.Machine.RunAsync("iptables", "-I", "DOCKER-USER", "-s", "192.0.2.1", "-j", "DROP");
        await _node.Machine.RunAsync("ip", "route", "add", "198.51.100.0/24", "dev", "eth0");
        var before = await HostAsync();

        _peer = await JoinAsync("peer", $"--child-prefix={Child}");
        await _node.StartAsync("--child-prefix=172.24.0.0/24,fd00:24::/64", JoinUrl);
        await _node.ReachesAsync(await _peer.AddressAsync(4));
        Assert.NotEqual(before, await _node.Machine.ShellAsync(HostState));
        await _node.StopAsync();
        await _node.Machine.RunAsync("meshd", "down");

        await HostIsAsBeforeAsync(before);
    }

    [SystemFact]
    public async Task Meshd_down_after_a_kill_leaves_the_host_as_it_was()
    {
        _node = await NewNodeAsync("node");
        var before = await HostAsync();

        await _node.StartAsync("--child-prefix=172.24.0.0/24", JoinUrl);
        await _node.KillAsync();
        await _node.Machine.RunAsync("meshd", "down");
        await HostIsAsBeforeAsync(before);

        var address = await (await _node.StartAsync("--child-prefix=172.24.0.0/24", JoinUrl)).AddressAsync(4);
        Assert.StartsWith("100.", address);
    }

    [SystemFact]
    public async Task Dry_run_says_what_would_be_done_and_does_nothing()
    {
        _peer = await JoinAsync("peer", $"--child-prefix={Child}");
        _node = await JoinAsync("node");
        await _node.SeesExactlyAsync((_peer, [Child]));
        await _node.StopAsync();
        await _node.Machine.RunAsync("meshd", "down");
        var before = await HostAsync();
        var events = await Controller.EventsAsync(Organization);

        var plan = await _node.Machine.RunAsync("meshd", "--dry-run", "--child-prefix=172.24.0.0/24", Controller.Url);

        Assert.Contains("wg0", plan);
        Assert.Contains(Child, plan);
        Assert.Contains(await _peer.Machine.PublicKeyAsync(), plan);
        Assert.Equal(before, await _node.Machine.ShellAsync(HostState));
        Assert.Equal(events, await Controller.EventsAsync(Organization));
    }

    /// <summary>The host at rest: no IPv6 address is still being probed for a duplicate.</summary>
    private async Task<string> HostAsync()
    {
        await Eventually.HoldsAsync(async () =>
            Assert.Equal(string.Empty, await _node.Machine.RunAsync("ip", "-6", "addr", "show", "tentative")));
        // Reading some of the tables creates them: the second look is the first that compares.
        await _node.Machine.ShellAsync(HostState);
        return await _node.Machine.ShellAsync(HostState);
    }

    /// <summary>Line by line: what is there now and was not, and what was and is not.</summary>
    private async Task HostIsAsBeforeAsync(string before)
    {
        var (old, now) = (before.Split('\n'), (await _node.Machine.ShellAsync(HostState)).Split('\n'));
        List<string> differences = [.. now.Except(old).Select(line => "+ " + line), .. old.Except(now).Select(line => "- " + line)];
        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.Equal(old.Order(), now.Order());
    }

    private async Task TwoRoutersAsync()
    {
        _node = await NewNodeAsync("node");
        await _node.Machine.StartDockerAsync();
        await _node.Machine.StartContainerAsync("container", "172.24.0.0/24", "fd00:24::/64");
        await _node.StartAsync("--child-prefix=172.24.0.0/24,fd00:24::/64", JoinUrl);
        _peer = await JoinAsync("peer", $"--child-prefix={Child},fd00:28::/64");
        await _peer.AddLoopbackAsync("172.28.0.10/32");
        await _node.SeesExactlyAsync((_peer, [Child, "fd00:28::/64"]));
        await _node.ReachesAsync("172.28.0.10");
    }
}
