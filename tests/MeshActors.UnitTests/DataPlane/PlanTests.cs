using CsCheck;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Maps;

namespace MeshActors.UnitTests.DataPlane;

public class PlanTests
{
    [Fact]
    public void Applying_plans_reaches_every_map_from_every_other_and_leaves_nothing_to_do() =>
        Gen.Select(Worlds.Maps, Worlds.Maps, Worlds.Foreign, Gen.Bool).Sample((first, second, foreign, docker) =>
        {
            var kernel = new FakeKernel { Foreign = foreign, HasDocker = docker };
            var memory = Reach(kernel, first, EndpointMemory.Empty);
            memory = Reach(kernel, second, memory);
            AssertIsExactly(kernel, second);
            Assert.Empty(Worlds.PlanFor(kernel, second, memory, Worlds.Noon).Changes);
        });

    [Fact]
    public void A_deleted_interface_and_flushed_rules_are_put_right() =>
        Gen.Select(Worlds.Maps, Worlds.Foreign).Sample((map, foreign) =>
        {
            var kernel = new FakeKernel { Foreign = foreign, HasDocker = true };
            var memory = Reach(kernel, map, EndpointMemory.Empty);
            kernel.DeleteInterface();
            kernel.FlushRules();
            Reach(kernel, map, memory);
            AssertIsExactly(kernel, map);
        });

    [Fact]
    public void The_same_input_gives_the_same_plan() =>
        Gen.Select(Worlds.Maps, Worlds.Maps, Worlds.Foreign).Sample((first, second, foreign) =>
        {
            var kernel = new FakeKernel { Foreign = foreign };
            Reach(kernel, first, EndpointMemory.Empty);
            var one = Worlds.PlanFor(kernel, second, EndpointMemory.Empty, Worlds.Noon);
            var two = Worlds.PlanFor(kernel, second, EndpointMemory.Empty, Worlds.Noon);
            Assert.Equal(one.Changes.Select(change => change.ToString()), two.Changes.Select(change => change.ToString()));
        });

    [Fact]
    public void A_prefix_that_moves_is_never_without_a_peer()
    {
        var prefix = Worlds.P("172.24.0.0/24");
        var kernel = new FakeKernel();
        var memory = Reach(kernel, MeshMap.From(1, [Worlds.Node(1, []), Worlds.Node(2, [prefix])]), EndpointMemory.Empty);
        var plan = Worlds.PlanFor(kernel, MeshMap.From(2, [Worlds.Node(1, []), Worlds.Node(3, [prefix])]), memory, Worlds.Noon);
        foreach (var change in plan.Changes)
        {
            kernel.Apply(change);
            Assert.Single(kernel.Peers.Values, peer => peer.AllowedIps.Contains(prefix));
            Assert.Contains(prefix, kernel.Routes);
        }

        Assert.Contains(prefix, kernel.Peers[Worlds.Key(3)].AllowedIps);
    }

    [Fact]
    public void A_withdrawn_prefix_leaves_allowed_ips_and_routes()
    {
        var prefix = Worlds.P("172.24.0.0/24");
        var kernel = new FakeKernel();
        var memory = Reach(kernel, MeshMap.From(1, [Worlds.Node(1, []), Worlds.Node(2, [prefix])]), EndpointMemory.Empty);
        Reach(kernel, MeshMap.From(2, [Worlds.Node(1, []), Worlds.Node(2, [])]), memory);
        Assert.DoesNotContain(prefix, kernel.Peers[Worlds.Key(2)].AllowedIps);
        Assert.DoesNotContain(prefix, kernel.Routes);
    }

    [Fact]
    public void A_prefix_counts_as_own_only_when_started_with_and_granted()
    {
        var granted = Worlds.P("172.24.0.0/24");
        var host = Worlds.Host with { Announces = [granted, Worlds.P("172.28.0.0/24")] };
        var map = MeshMap.From(1, [Worlds.Node(1, [granted, Worlds.P("10.1.0.0/16")])]);
        Assert.Equal<Prefix>([granted], Desired.From(map, Worlds.Self, host).OwnPrefixes);
    }

    [Fact]
    public void Without_IPv6_nothing_of_it_is_set_on_the_host()
    {
        var map = MeshMap.From(1, [Worlds.Node(1, []), Worlds.Node(2, [Worlds.P("fd24::/64")])]);
        var desired = Desired.From(map, Worlds.Self, Worlds.Host with { HasV6 = false });
        var changes = Plan.From(Observed.Nothing, desired, EndpointMemory.Empty, Worlds.Noon).Changes;
        Assert.DoesNotContain(changes, change => change is Change.AddAddress { Address.IsV6: true } or Change.AddRoute { Prefix.IsV6: true });
        Assert.Contains(changes, change => change is Change.AddRoute { Prefix.IsV6: false });
    }

    [Fact]
    public void Every_change_prints_as_one_line()
    {
        var kernel = new FakeKernel { HasDocker = true };
        Reach(kernel, MeshMap.From(1, [Worlds.Node(1, []), Worlds.Node(2, [Worlds.P("10.1.0.0/16")])]), EndpointMemory.Empty);
        var changes = Worlds.PlanFor(kernel, MeshMap.From(2, [Worlds.Node(1, [Worlds.P("fd24::/64")]), Worlds.Node(3, [])]), EndpointMemory.Empty, Worlds.Noon).Changes;
        Assert.Contains("route     - 10.1.0.0/16", changes.Select(change => change.ToString()));
        Assert.All(changes, change => Assert.DoesNotContain('{', change.ToString()));
    }

    private static EndpointMemory Reach(FakeKernel kernel, MeshMap map, EndpointMemory memory)
    {
        var plan = Worlds.PlanFor(kernel, map, memory, Worlds.Noon);
        kernel.Apply(plan);
        return plan.Memory;
    }

    private static void AssertIsExactly(FakeKernel kernel, MeshMap map)
    {
        var peers = map.Nodes.Values.Where(node => node.Id != Worlds.Self).ToList();
        Assert.Equal(peers.Select(node => node.Key).Order(), kernel.Peers.Keys.Order());
        Assert.All(peers, node => Assert.Equal(
            node.Addresses.Concat(node.Prefixes).Order(), kernel.Peers[node.Key].AllowedIps.Order()));
        Assert.Equal(
            peers.SelectMany(node => node.Addresses.Concat(node.Prefixes))
                .Where(prefix => !kernel.Foreign.All.Any(route => route.Prefix.Contains(prefix))).Order(),
            kernel.Routes.Order());
        var own = map.Nodes[Worlds.Self];
        Assert.Equal(own.Addresses.Select(prefix => prefix.Address), kernel.Addresses.Select(address => address.Address));
        Assert.Equal(kernel.HasDocker ? own.Prefixes.Order() : [], kernel.Rules.Order());
        Assert.True(own.Prefixes.All(prefix => prefix.IsV6 ? kernel.ForwardsV6 : kernel.ForwardsV4));
    }
}
