using System.Text.Json;

namespace MeshActors.SystemTests;

/// <summary>Traffic and promises outlive every process.</summary>
public sealed class NothingDropsTests(Mesh mesh) : MeshTest(mesh)
{
    // Five seconds of packets: longer than a restart of any process here.
    private const int AWhile = 100;

    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(1);

    private Node _node1 = null!;
    private Node _node2 = null!;

    [SystemFact]
    public async Task No_packet_is_lost_while_agents_and_the_controller_are_killed_and_started_again()
    {
        var ping = await PingBetweenContainersAsync();
        var addresses = (await _node1.AddressAsync(4), await _node2.AddressAsync(6));
        var events = await Controller.EventsAsync(Organization);

        foreach (var node in new[] { _node1, _node2 })
        {
            await node.KillAsync();
            await ping.AnswersAsync(AWhile);
            await RestartAsync(node);
            await ping.AnswersAsync(AWhile);
        }

        await Controller.KillAsync();
        await ping.AnswersAsync(AWhile);
        await Controller.StartAsync();
        await IsConnectedAsync("node1", "node2");
        await ping.AnswersAsync(AWhile);

        await ping.EndsWithoutLossAsync();
        Assert.Equal(addresses, (await _node1.AddressAsync(4), await _node2.AddressAsync(6)));
        Assert.StartsWith(events, await Controller.EventsAsync(Organization));
    }

    [SystemFact]
    public async Task No_packet_is_lost_while_the_controller_is_gone_for_a_minute_and_agents_come_back_to_it()
    {
        var ping = await PingBetweenContainersAsync();

        await Controller.KillAsync("TERM");
        await Task.Delay(Outage, TimeProvider.System);
        await Controller.StartAsync();
        await IsConnectedAsync("node1", "node2");

        await ping.EndsWithoutLossAsync();
    }

    [SystemFact]
    public async Task A_machine_that_boots_while_no_controller_answers_brings_its_mesh_up_from_its_cache()
    {
        var router = await JoinAsync("router", "--child-prefix=172.24.0.0/24");
        var peer = await JoinAsync("peer");
        await router.AddLoopbackAsync("172.24.0.10/32");
        await peer.ReachesAsync("172.24.0.10");
        var key = await peer.Machine.PublicKeyAsync();
        // The cache follows within a second; what `status` shows of peers comes from it.
        await Eventually.HoldsAsync(async () =>
            Assert.Contains("172.24.0.0/24", (await peer.StatusAsync()).GetProperty("peers").ToString()));

        await Controller.KillAsync();
        try
        {
            // As after a boot: neither agent nor interface nor routes.
            await peer.KillAsync();
            await peer.Machine.RunAsync("ip", "link", "del", "wg0");
            await peer.StartAsync(Controller.Url);

            await peer.ReachesAsync("172.24.0.10");
            await peer.SeesExactlyAsync((router, ["172.24.0.0/24"]));
            Assert.Equal(key, await peer.Machine.PublicKeyAsync());
        }
        finally
        {
            await Controller.StartAsync();
        }

        await IsConnectedAsync("router", "peer");
    }

    [SystemFact]
    public async Task What_was_acknowledged_is_there_after_the_controller_was_killed_under_load()
    {
        var acknowledged = new List<string>();
        var load = Enumerable.Range(0, 4).Select(worker => CreateKeysUntilDeadAsync(worker, acknowledged)).ToList();
        await Eventually.IsTrueAsync(() => Task.FromResult(Count(acknowledged) >= 20), "join keys are made");

        await Controller.KillAsync();
        await Task.WhenAll(load);
        await Controller.StartAsync();

        var kept = (await Controller.MeshctlAsync("join-key", "list", "--org", Organization)).GetProperty("joinKeys")
            .EnumerateArray().Select(key => key.GetProperty("id").GetString()!).ToHashSet();
        Assert.Subset(kept, acknowledged.ToHashSet());
    }

    private async Task<SteadyPing> PingBetweenContainersAsync()
    {
        (_node1, _node2) = (await NewNodeAsync("node1"), await NewNodeAsync("node2"));
        await Task.WhenAll(_node1.Machine.StartDockerAsync(), _node2.Machine.StartDockerAsync());
        await _node1.Machine.StartContainerAsync("container1", "172.24.0.0/24", "fd00:24::/64");
        await _node2.Machine.StartContainerAsync("container2", "172.28.0.0/24", "fd00:28::/64");
        await RestartAsync(_node1);
        await RestartAsync(_node2);
        return await SteadyPing.StartAsync(_node1, "container1", await _node2.Machine.ContainerAddressAsync("container2", 4));
    }

    private Task<Node> RestartAsync(Node node) =>
        node.StartAsync($"--child-prefix={(node == _node1 ? "172.24.0.0/24,fd00:24::/64" : "172.28.0.0/24,fd00:28::/64")}", JoinUrl);

    private Task IsConnectedAsync(params string[] names) => Eventually.HoldsAsync(async () =>
    {
        var nodes = (await Controller.MeshctlAsync("node", "list", "--org", Organization)).GetProperty("nodes").EnumerateArray()
            .Where(node => node.GetProperty("connected").GetBoolean())
            .Select(node => node.GetProperty("name").GetString()!);
        Assert.True(
            WireGuard.Sorted(names) == WireGuard.Sorted(nodes),
            $"Connected: {WireGuard.Sorted(nodes)}\n{_node1?.Log}\n{_node2?.Log}\n{Controller.Log}");
    });

    private async Task CreateKeysUntilDeadAsync(int worker, List<string> acknowledged)
    {
        while (true)
        {
            var outcome = await Controller.TryMeshctlAsync(
                "join-key", "create", "--org", Organization, "--description", $"load{worker}", "-o", "json");
            if (outcome.ExitCode != 0)
            {
                return;
            }

            using var key = JsonDocument.Parse(outcome.Output);
            lock (acknowledged)
            {
                acknowledged.Add(key.RootElement.GetProperty("id").GetString()!);
            }
        }
    }

    private static int Count(List<string> list)
    {
        lock (list)
        {
            return list.Count;
        }
    }
}
