using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using static MeshActors.UnitTests.Domain.Given;

namespace MeshActors.UnitTests.Domain;

public sealed class JoinTests
{
    [Fact]
    public void The_first_node_gets_the_lowest_addresses_of_both_pools()
    {
        var node = Organization().Done(Join(1)).Node(1);

        Assert.Equal([Net("100.64.0.1/32"), Net("fd12:3456:789a::1/128")], node.Addresses);
    }

    [Fact]
    public void A_repeated_join_changes_nothing()
    {
        var organization = Organization().Done(Join(1, "172.24.0.0/24"));

        Assert.Empty(organization.Events(Join(1, "172.24.0.0/24")));
    }

    [Fact]
    public void The_same_machine_with_a_new_credential_stays_the_same_node()
    {
        var organization = Organization().Done(Join(1, "172.24.0.0/24"));

        var events = organization.Events(Join(1, "172.24.0.0/24") with { NewNode = Id(9), Credential = Hash("other") });

        Assert.Equal([new OrganizationEvent.CredentialChanged(Id(1), Hash("other"), "k1")], events);
    }

    [Fact]
    public void A_single_use_key_lets_one_machine_in_and_its_retry_too()
    {
        var once = new JoinKey("once", Hash("once"), Reusable: false, null, null, "");
        OrganizationCommand.Join With(int machine) => Join(machine) with { JoinKeyId = "once", Presented = Hash("once") };

        var organization = Organization().Done(new OrganizationCommand.CreateJoinKey(once)).Done(With(1));

        Assert.Empty(organization.Events(With(1)));
        organization.Refused(RefusalCodes.JoinKeyUsed, With(2));
    }

    [Fact]
    public void A_key_is_refused_from_its_expiry_on()
    {
        var key = new JoinKey("soon", Hash("soon"), Reusable: true, Noon, null, "");

        Organization().Done(new OrganizationCommand.CreateJoinKey(key))
            .Refused(RefusalCodes.JoinKeyExpired, Join(1) with { JoinKeyId = "soon", Presented = Hash("soon") });
    }

    [Fact]
    public void A_revoked_key_lets_nobody_in_and_throws_nobody_out()
    {
        var organization = Organization().Done(Join(1)).Done(new OrganizationCommand.RevokeJoinKey("k1"));

        organization.Refused(RefusalCodes.JoinKeyRevoked, Join(2));
        Assert.Empty(organization.Events(Announce(1)));
    }

    [Fact]
    public void An_unknown_key_and_a_wrong_secret_are_answered_alike()
    {
        var unknown = Organization().Refusal(Join(1) with { JoinKeyId = "none" });
        var wrong = Organization().Refusal(Join(1) with { Presented = Hash("guess") });

        Assert.Equal(unknown, wrong);
    }

    [Fact]
    public void A_removed_nodes_machine_cannot_come_back_by_itself() =>
        Organization().Done(Join(1)).Done(new OrganizationCommand.RemoveNode(Id(1)))
            .Refused(RefusalCodes.NodeRemoved, Join(1) with { Credential = Hash("again") })
            .Refused(RefusalCodes.NodeRemoved, Announce(1));

    [Fact]
    public void A_replacement_keeps_addresses_and_prefixes_and_retires_the_old_key()
    {
        var organization = Organization().Done(Join(1, "172.24.0.0/24")).Done(Join(2));
        var before = organization.Node(1);

        organization.Done(ReplaceKey(1)).Done(With(ReplaceKey(1), 7, "172.24.0.0/24"));

        var after = organization.Node(1);
        Assert.Equal(before.Addresses, after.Addresses);
        Assert.Equal(before.Allocated, after.Allocated);
        Assert.Equal(before.Announced, after.Announced);
        Assert.Equal(Key(7), after.Key);
        organization.Refused(RefusalCodes.KeyInUse, Join(1) with { Credential = Hash("old machine") });
    }

    [Fact]
    public void A_replacement_brings_a_removed_node_back()
    {
        var organization = Organization().Done(Join(1, "172.24.0.0/24"))
            .Done(new OrganizationCommand.RemoveNode(Id(1)))
            .Done(ReplaceKey(1)).Done(With(ReplaceKey(1), 7));

        Assert.False(organization.Node(1).IsRemoved);
        Assert.Equal([Net("172.24.0.0/24")], organization.Node(1).Allocated);
        Assert.Equal(1, organization.State.ActiveNodes);
    }

    [Fact]
    public void A_spent_key_brings_no_removed_machine_back() =>
        Organization().Done(Join(1)).Done(ReplaceKey(1)).Done(With(ReplaceKey(1), 7))
            .Done(new OrganizationCommand.RemoveNode(Id(1)))
            .Refused(RefusalCodes.JoinKeyUsed, With(ReplaceKey(1), 7));

    [Fact]
    public void A_spent_key_does_not_undo_the_next_replacement()
    {
        var next = new OrganizationCommand.CreateJoinKey(new JoinKey("next", Hash("next"), Reusable: false, null, Id(1), ""));
        Organization().Done(Join(1)).Done(ReplaceKey(1)).Done(With(ReplaceKey(1), 7))
            .Done(next).Done(With(next, 8))
            .Refused(RefusalCodes.JoinKeyUsed, With(ReplaceKey(1), 7));
    }

    [Fact]
    public void A_replacement_with_another_nodes_key_is_refused() =>
        Organization().Done(Join(1)).Done(Join(2)).Done(ReplaceKey(1))
            .Refused(RefusalCodes.KeyInUse, With(ReplaceKey(1), 2));

    [Fact]
    public void A_requested_address_is_given_or_refused_with_its_holder()
    {
        var organization = Organization().Done(Join(1) with { RequestedAddresses = ["100.64.9.9", "fd12:3456:789a::99"] });
        Assert.Equal([Net("100.64.9.9/32"), Net("fd12:3456:789a::99/128")], organization.Node(1).Addresses);

        var taken = organization.Refusal(Join(2) with { RequestedAddresses = ["100.64.9.9"] });
        Assert.Equal(RefusalCodes.AddressTaken, taken.Code);
        Assert.Contains("'node1'", taken.Message, StringComparison.Ordinal);

        organization
            .Refused(RefusalCodes.AddressNotInPool, Join(2) with { RequestedAddresses = ["10.0.0.1"] })
            .Refused(RefusalCodes.AddressNotInPool, Join(2) with { RequestedAddresses = ["100.64.0.0"] })
            .Refused(RefusalCodes.AddressNotInPool, Join(2) with { RequestedAddresses = ["100.127.255.255"] })
            .Refused(RefusalCodes.AddressMalformed, Join(2) with { RequestedAddresses = ["100.64.1"] })
            .Refused(RefusalCodes.AddressMalformed, Join(2) with { RequestedAddresses = ["100.64.0.7", "100.64.0.8"] })
            .Refused(RefusalCodes.AddressFixed, Announce(1) with { RequestedAddresses = ["100.64.0.77"] });
    }

    [Fact]
    public void A_pool_is_exhausted_only_when_it_is_full()
    {
        var organization = Organization(Pools with { V4 = Net("10.9.0.0/29") });
        foreach (var machine in Enumerable.Range(1, 6))
        {
            organization.Done(Join(machine));
        }

        organization.Refused(RefusalCodes.PoolExhausted, Join(7));
        Assert.Equal(6, organization.State.Nodes.Values.Select(n => n.Addresses[0]).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("x;reboot")]
    public void A_name_that_is_none_is_refused(string name) =>
        Organization().Refused(RefusalCodes.NameMalformed, Join(1) with { Name = name });

    [Fact]
    public void An_organization_that_does_not_exist_refuses_everything_but_its_creation() =>
        Nothing().Refused(RefusalCodes.OrganizationUnknown, Join(1));

    [Fact]
    public void A_journal_that_gives_a_prefix_twice_is_a_contradiction()
    {
        var state = Organization().Done(Join(1, "172.24.0.0/24")).Done(Join(2)).State;

        Assert.Throws<InvalidOperationException>(() => MeshActors.Domain.Organizations.Organization.Evolve(
            state, new OrganizationEvent.PrefixesAllocated(Id(2), [Net("172.24.0.128/25")])));
    }

    private static OrganizationCommand.CreateJoinKey ReplaceKey(int machine) =>
        new(new JoinKey($"r{machine}", Hash($"r{machine}"), Reusable: false, null, Id(machine), ""));

    private static OrganizationCommand.Join With(OrganizationCommand.CreateJoinKey key, int machine, params string[] prefixes) =>
        Join(machine, prefixes) with { JoinKeyId = key.Key.Id, Presented = key.Key.Hash };
}
