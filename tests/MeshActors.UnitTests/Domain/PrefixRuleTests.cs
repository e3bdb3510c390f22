using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;
using static MeshActors.UnitTests.Domain.Given;

namespace MeshActors.UnitTests.Domain;

public sealed class PrefixRuleTests
{
    [Theory]
    [InlineData("172.24.0.0", RefusalCodes.PrefixMalformed)]
    [InlineData("172.24.0/24", RefusalCodes.PrefixMalformed)]
    [InlineData("172.024.0.0/24", RefusalCodes.PrefixMalformed)]
    [InlineData("172.24.0.0/33", RefusalCodes.PrefixMalformed)]
    [InlineData("172.24.0.0/-1", RefusalCodes.PrefixMalformed)]
    [InlineData("172.24.0.0/024", RefusalCodes.PrefixMalformed)]
    [InlineData("fe80::%eth0/64", RefusalCodes.PrefixMalformed)]
    [InlineData("::ffff:10.0.0.0/104", RefusalCodes.PrefixMalformed)]
    [InlineData("", RefusalCodes.PrefixMalformed)]
    [InlineData("net1", RefusalCodes.PrefixMalformed)]
    [InlineData("172.24.0.1/24", RefusalCodes.PrefixHostBits)]
    [InlineData("fd00::1/64", RefusalCodes.PrefixHostBits)]
    [InlineData("0.0.0.0/0", RefusalCodes.PrefixReserved)]
    [InlineData("::/0", RefusalCodes.PrefixReserved)]
    [InlineData("128.0.0.0/1", RefusalCodes.PrefixReserved)]
    [InlineData("127.1.0.0/16", RefusalCodes.PrefixReserved)]
    [InlineData("::1/128", RefusalCodes.PrefixReserved)]
    [InlineData("169.254.1.0/24", RefusalCodes.PrefixReserved)]
    [InlineData("224.0.0.0/24", RefusalCodes.PrefixReserved)]
    [InlineData("255.255.255.255/32", RefusalCodes.PrefixReserved)]
    [InlineData("0.0.0.0/32", RefusalCodes.PrefixReserved)]
    [InlineData("fe80::/64", RefusalCodes.PrefixReserved)]
    [InlineData("ff02::/16", RefusalCodes.PrefixReserved)]
    [InlineData("100.64.0.0/16", RefusalCodes.PrefixInPool)]
    [InlineData("100.0.0.0/8", RefusalCodes.PrefixInPool)]
    [InlineData("fd12:3456:789a:1::/64", RefusalCodes.PrefixInPool)]
    [InlineData("172.24.0.0/24", RefusalCodes.PrefixOverlap)]
    [InlineData("172.24.0.128/25", RefusalCodes.PrefixOverlap)]
    [InlineData("172.16.0.0/12", RefusalCodes.PrefixOverlap)]
    [InlineData("fd24::/16", RefusalCodes.PrefixOverlap)]
    public void Is_refused_with_its_code_and_nothing_is_stored(string prefix, string code) =>
        Organization().Done(Join(1, "172.24.0.0/24", "fd24::/64"))
            .Refused(code, Join(2, prefix))
            .Refused(code, Join(2, "172.28.0.0/24", prefix));

    [Fact]
    public void Host_bits_are_answered_with_the_network_that_was_meant() =>
        Assert.Contains("172.24.0.0/24", Organization().Refusal(Join(1, "172.24.0.5/24")).Message, StringComparison.Ordinal);

    [Fact]
    public void An_overlap_names_the_holder_and_what_it_holds()
    {
        var message = Organization().Done(Join(1, "172.24.0.0/16")).Refusal(Join(2, "172.24.7.0/24")).Message;

        Assert.Contains("172.24.0.0/16", message, StringComparison.Ordinal);
        Assert.Contains("'node1'", message, StringComparison.Ordinal);
        Assert.Contains(Id(1).ToString(), message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prefixes_are_allocated_once_and_announced_as_asked()
    {
        var organization = Organization().Done(Join(1, "172.24.0.0/24"));
        Assert.Equal(
            [new OrganizationEvent.PrefixesAllocated(Id(1), [Net("172.25.0.0/24")]),
             new OrganizationEvent.PrefixesAnnounced(Id(1), [Net("172.24.0.0/24"), Net("172.25.0.0/24")])],
            organization.Events(Announce(1, "172.25.0.0/24", "172.24.0.0/24")));

        organization.Done(Announce(1, "172.25.0.0/24", "172.24.0.0/24")).Done(Announce(1, "172.25.0.0/24")).Done(Announce(1));
        Assert.Empty(organization.Node(1).Announced);
        Assert.Equal([Net("172.24.0.0/24"), Net("172.25.0.0/24")], organization.Node(1).Allocated);

        organization.Refused(RefusalCodes.PrefixOverlap, Join(2, "172.24.0.0/24"));
    }

    [Fact]
    public void A_removed_node_keeps_what_it_holds()
    {
        var message = Organization().Done(Join(1, "172.24.0.0/24"))
            .Done(new OrganizationCommand.RemoveNode(Id(1)))
            .Refusal(Join(2, "172.24.0.0/24")).Message;

        Assert.Contains("removed node 'node1'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_may_announce_a_part_of_its_own_and_widen_its_own()
    {
        var organization = Organization().Done(Join(1, "172.24.0.0/24"));

        Assert.Equal([new OrganizationEvent.PrefixesAnnounced(Id(1), [Net("172.24.0.128/25")])], organization.Events(Announce(1, "172.24.0.128/25")));

        organization.Done(Announce(1, "172.24.0.0/16")).Refused(RefusalCodes.PrefixOverlap, Join(2, "172.24.200.0/24"));
    }

    [Fact]
    public void A_node_holds_64_prefixes_at_most()
    {
        static string[] Nets(int count) => [.. Enumerable.Range(0, count).Select(i => $"10.{i}.0.0/16")];

        Organization()
            .Refused(RefusalCodes.TooManyPrefixes, Join(1, Nets(65)))
            .Done(Join(1, Nets(64)))
            .Refused(RefusalCodes.TooManyPrefixes, Announce(1, "10.200.0.0/16"));
    }

    [Theory]
    [InlineData("10.0.0.0/7")]
    [InlineData("10.0.0.0/31")]
    [InlineData("127.0.0.0/8")]
    [InlineData("fd00::/48")]
    public void A_pool_that_is_none_is_refused(string v4) =>
        Assert.NotNull(PoolRules.Check(Pools with { V4 = Net(v4) }));
}
