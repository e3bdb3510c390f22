namespace MeshActors.SystemTests;

/// <summary>From the command line to the exit status; a refusal leaves no trace in the journal.</summary>
public sealed class RefusalTests(Mesh mesh) : MeshTest(mesh)
{
    private const int BadInput = 2;
    private const int Refused = 3;

    private static readonly string[] SeenByMeshdItself =
        ["prefix-malformed", "prefix-host-bits", "prefix-reserved", "address-malformed"];

    // Domain's limit of prefixes of one node, and one more.
    private const int TooMany = 65;

    [SystemTheory]
    [InlineData("172.24.0.0/33", "prefix-malformed")]
    [InlineData("172.24.0/24", "prefix-malformed")]
    [InlineData("network", "prefix-malformed")]
    [InlineData("172.24.0.7/24", "prefix-host-bits")]
    [InlineData("fd00:24::1/64", "prefix-host-bits")]
    [InlineData("0.0.0.0/0", "prefix-reserved")]
    [InlineData("::/0", "prefix-reserved")]
    [InlineData("127.0.0.0/8", "prefix-reserved")]
    [InlineData("169.254.0.0/16", "prefix-reserved")]
    [InlineData("224.0.0.0/4", "prefix-reserved")]
    [InlineData("fe80::/64", "prefix-reserved")]
    [InlineData("100.64.0.0/24", "prefix-in-pool")]
    [InlineData("100.0.0.0/8", "prefix-in-pool")]
    public async Task A_prefix_that_cannot_be_is_refused_by_name(string prefix, string code)
    {
        var error = await IsRefusedAsync(code, $"--child-prefix={prefix}", JoinUrl);
        Assert.Contains(prefix, error);
    }

    [SystemFact]
    public async Task Host_bits_are_answered_with_the_network_that_may_have_been_meant() =>
        Assert.Contains("172.24.0.0/24", await IsRefusedAsync("prefix-host-bits", "--child-prefix=172.24.0.7/24", JoinUrl));

    [SystemTheory]
    [InlineData("172.24.0.0/24")]
    [InlineData("172.24.0.128/25")]
    [InlineData("172.16.0.0/12")]
    [InlineData("fd00:24::/64")]
    [InlineData("fd00::/16")]
    public async Task A_prefix_that_equals_lies_in_or_contains_anothers_is_refused_with_the_holders_name(string prefix)
    {
        await JoinAsync("holder-of-it", "--child-prefix=172.24.0.0/24,fd00:24::/64");
        Assert.Contains("holder-of-it", await IsRefusedAsync("prefix-overlap", $"--child-prefix={prefix}", JoinUrl));
    }

    [SystemFact]
    public async Task One_bad_prefix_of_several_refuses_the_whole_join()
    {
        await JoinAsync("holder", "--child-prefix=172.24.0.0/24");
        await IsRefusedAsync("prefix-overlap", "--child-prefix=172.28.0.0/24,172.24.0.0/24", JoinUrl);
        await JoinAsync("another", "--child-prefix=172.28.0.0/24");
    }

    [SystemFact]
    public async Task Too_many_prefixes_are_refused()
    {
        var prefixes = string.Join(',', Enumerable.Range(0, TooMany).Select(number => $"10.{number}.0.0/24"));
        await IsRefusedAsync("too-many-prefixes", $"--child-prefix={prefixes}", JoinUrl);
    }

    [SystemFact]
    public async Task A_full_pool_is_refused_and_not_before_it_is_full()
    {
        // Four addresses; the domain says which of them are hosts' own.
        var (organization, url) = await NewOrganizationAsync("--pool-v4", "10.99.0.0/30");
        var joined = 0;
        while (true)
        {
            var node = await NewNodeAsync($"node{joined}");
            node.Launch(url);
            if (await EndsOrJoinsAsync(node) is { } outcome)
            {
                Assert.Equal(Refused, outcome.ExitCode);
                Assert.Contains("pool-exhausted", outcome.Error);
                break;
            }

            joined++;
            Assert.InRange(joined, 1, 4);
        }

        var nodes = await Controller.MeshctlAsync("node", "list", "--org", organization);
        Assert.Equal(joined, nodes.GetProperty("nodes").GetArrayLength());
        Assert.InRange(joined, 2, 4);
    }

    [SystemFact]
    public async Task A_requested_address_is_given_or_refused_never_replaced_silently()
    {
        var holder = await JoinAsync("holder-of-it", "--request-ip=100.64.7.7");
        Assert.Equal("100.64.7.7", await holder.AddressAsync(4));
        Assert.Contains("holder-of-it", await IsRefusedAsync("address-taken", "--request-ip=100.64.7.7", JoinUrl));
        await IsRefusedAsync("address-not-in-pool", "--request-ip=192.0.2.1", JoinUrl);
    }

    [SystemFact]
    public async Task Asking_again_for_the_same_is_no_error_and_no_event()
    {
        var node = await JoinAsync("same", "--child-prefix=172.24.0.0/24");
        await node.StopAsync();
        var before = await Controller.EventsAsync(Organization);

        await node.StartAsync("--child-prefix=172.24.0.0/24", JoinUrl);
        var peer = await JoinAsync("peer");
        await peer.SeesExactlyAsync((node, ["172.24.0.0/24"]));

        var after = await Controller.EventsAsync(Organization);
        Assert.StartsWith(before, after);
        var id = (await node.StatusAsync()).GetProperty("nodeId").GetString()!;
        Assert.DoesNotContain(id, after[before.Length..]);
    }

    [SystemFact]
    public async Task A_prefix_that_is_added_to_a_running_node_is_refused_without_stopping_the_mesh()
    {
        await JoinAsync("holder-of-it", "--child-prefix=172.24.0.0/24");
        var node = await JoinAsync("greedy");
        await node.StopAsync();
        var before = await Controller.EventsAsync(Organization);

        node.Launch("--child-prefix=172.24.0.0/24", JoinUrl);
        var outcome = await node.EndAsync();

        Assert.Equal(Refused, outcome.ExitCode);
        Assert.Contains("prefix-overlap", outcome.Error);
        Assert.Contains("holder-of-it", outcome.Error);
        Assert.Equal(before, await Controller.EventsAsync(Organization));
    }

    /// <summary>A new machine is refused with the code, ends with a status for it, and the journal is as it was.</summary>
    private async Task<string> IsRefusedAsync(string code, params string[] arguments)
    {
        var before = await Controller.EventsAsync(Organization);
        var node = await NewNodeAsync("refused");
        node.Launch(arguments);
        var outcome = await node.EndAsync();

        Assert.Contains(code, outcome.Error);
        Assert.Equal(SeenByMeshdItself.Contains(code) ? BadInput : Refused, outcome.ExitCode);
        Assert.Equal(before, await Controller.EventsAsync(Organization));
        Assert.NotEqual(0, (await node.Machine.TryAsync("ip", "link", "show", "wg0")).ExitCode);
        return outcome.Error;
    }

    private static async Task<Outcome?> EndsOrJoinsAsync(Node node)
    {
        await Eventually.HoldsAsync(async () =>
        {
            if (node.IsRunning)
            {
                await node.AddressAsync(4);
            }
        });
        return node.IsRunning ? null : await node.EndAsync();
    }
}
