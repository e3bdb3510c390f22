namespace MeshActors.SystemTests;

/// <summary>The user guide, followed word for word.</summary>
public sealed class GuideTests(Mesh mesh) : MeshTest(mesh)
{
    private readonly Mesh _mesh = mesh;

    [SystemFact]
    public async Task Containers_nodes_and_a_laptop_behind_a_nat_all_ping_each_other_in_both_families()
    {
        var node1 = await NewNodeAsync("node1");
        var node2 = await NewNodeAsync("node2");
        var laptop = await NewNodeAtHomeAsync("laptop");
        await Task.WhenAll(node1.Machine.StartDockerAsync(), node2.Machine.StartDockerAsync());

        await node1.StartAsync(JoinUrl, "--child-prefix=172.24.0.0/24", "--child-prefix=fd00:24::/64");
        await node2.StartAsync("router", "--advertise-cidr=172.28.0.0/24,fd00:28::/64", JoinUrl);
        await laptop.StartAsync(JoinUrl);
        await node1.Machine.StartContainerAsync("container1", "172.24.0.0/24", "fd00:24::/64");
        await node2.Machine.StartContainerAsync("container2", "172.28.0.0/24", "fd00:28::/64");

        foreach (var family in new[] { 4, 6 })
        {
            var container1 = await node1.Machine.ContainerAddressAsync("container1", family);
            var container2 = await node2.Machine.ContainerAddressAsync("container2", family);
            await node1.ContainerReachesAsync("container1", container2);
            await node2.ContainerReachesAsync("container2", container1);

            foreach (var address in new[] { container1, container2, await node1.AddressAsync(family), await node2.AddressAsync(family) })
            {
                await laptop.ReachesAsync(address);
            }

            var home = await laptop.AddressAsync(family);
            await node1.ReachesAsync(home);
            await node2.ReachesAsync(home);
            await node1.ContainerReachesAsync("container1", home);
            await node2.ContainerReachesAsync("container2", home);
        }
    }

    [SystemFact]
    public async Task Containers_that_were_there_before_meshd_are_reached_too()
    {
        var node1 = await NewNodeAsync("node1");
        await node1.Machine.StartDockerAsync();
        await node1.Machine.StartContainerAsync("container1", "172.24.0.0/24", "fd00:24::/64");
        await node1.StartAsync("--child-prefix=172.24.0.0/24", "--child-prefix=fd00:24::/64", JoinUrl);
        var node2 = await JoinAsync("node2");

        await node2.ReachesAsync(await node1.Machine.ContainerAddressAsync("container1", 4));
        await node2.ReachesAsync(await node1.Machine.ContainerAddressAsync("container1", 6));
    }

    [SystemFact]
    public async Task Loopback_addresses_in_the_child_prefixes_answer_from_all_nodes()
    {
        var node1 = await JoinAsync("node1", "--child-prefix=172.24.0.0/24");
        var node2 = await JoinAsync("node2", "--child-prefix=172.28.0.0/24");
        var laptop = await JoinAsync("laptop");
        await node1.AddLoopbackAsync("172.24.0.10/32");
        await node2.AddLoopbackAsync("172.28.0.10/32");

        await node1.ReachesAsync("172.28.0.10");
        await node2.ReachesAsync("172.24.0.10");
        await laptop.ReachesAsync("172.24.0.10");
        await laptop.ReachesAsync("172.28.0.10");
    }

    [SystemTheory]
    [InlineData("older edition, flags after the URL", "URL --child-prefix=172.24.0.0/24 --child-prefix=fd00:24::/64 --zone ORG")]
    [InlineData("older edition, flags before the URL", "--zone=ORG --child-prefix 172.24.0.0/24,fd00:24::/64 URL")]
    [InlineData("newer edition, flags before the URL", "router --org ORG --advertise-cidr=172.24.0.0/24,fd00:24::/64 URL")]
    [InlineData("newer edition, flags after the URL", "router URL --advertise-cidr 172.24.0.0/24 --advertise-cidr fd00:24::/64 --org=ORG")]
    public async Task Every_spelling_of_the_guides_announces_the_same(string spelling, string arguments)
    {
        var node = await NewNodeAsync("router");
        await node.StartAsync(arguments.Replace("ORG", Organization).Replace("URL", JoinUrl).Split(' '));
        var peer = await JoinAsync("peer");

        Assert.NotEmpty(spelling);
        await peer.SeesExactlyAsync((node, ["172.24.0.0/24", "fd00:24::/64"]));
        await node.SeesExactlyAsync((peer, []));
    }

    [SystemFact]
    public async Task The_default_organization_exists_and_its_join_url_lies_beside_the_controller()
    {
        var url = (await _mesh.Controller.Machine.RunAsync("cat", $"{Controller.DataDirectory}/default.join-url")).Trim();
        var node = await NewNodeAsync("first");
        await node.StartAsync(url, "--zone=default");

        var nodes = await _mesh.Controller.MeshctlAsync("node", "list");
        Assert.Equal("first", Assert.Single(nodes.GetProperty("nodes").EnumerateArray()).GetProperty("name").GetString());
    }
}
