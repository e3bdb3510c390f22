using System.Net;
using CsCheck;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;
using static MeshActors.UnitTests.Domain.Given;

namespace MeshActors.UnitTests.Domain;

/// <summary>The radix tree against a list that is searched from end to end.</summary>
public sealed class AddressPlanProperties
{
    private static readonly AddressPools SmallPools = new(Net("10.255.0.0/26"), Net("fd00:ffff::/120"));

    /// <summary>Crowded on purpose: most of them overlap.</summary>
    private static readonly Gen<Prefix> AnyPrefix = Gen.Select(Gen.Bool, Gen.Int[0, 4095], Gen.Int[0, 12], (isV6, low, length) =>
        Prefix.From(
            isV6 ? IPAddress.Parse($"fd00::{low:x}") : new IPAddress([10, 0, (byte)(low >> 8), (byte)low]),
            (isV6 ? 116 : 20) + length));

    [Fact]
    public void Conflicts_and_holders_are_those_of_a_list() =>
        Gen.Select(AnyPrefix, Gen.Int[1, 4].Select(Id)).Array[0, 60].Sample(claims =>
        {
            var plan = AddressPlan.For(SmallPools);
            var list = new List<(Prefix Prefix, NodeId Holder)>();
            foreach (var (prefix, node) in claims)
            {
                var conflicts = list.Where(held => held.Holder != node && held.Prefix.Overlaps(prefix)).ToList();
                var found = plan.FindConflict(prefix, node);
                Assert.Equal(conflicts.Count > 0, found is not null);
                if (found is { } conflict)
                {
                    Assert.Contains(conflicts, held => held.Holder == conflict.Holder && held.Prefix.Overlaps(conflict.Prefix));
                    Assert.Throws<InvalidOperationException>(() => plan.Assign(prefix, node));
                    continue;
                }

                plan = plan.Assign(prefix, node);
                list.Add((prefix, node));
            }

            foreach (var (prefix, node) in list)
            {
                Assert.Equal(node, plan.FindHolder(Prefix.Host(prefix.Address))?.Holder);
            }
        });

    [Fact]
    public void A_plan_made_at_once_is_the_one_made_step_by_step() =>
        Gen.Select(AnyPrefix, Gen.Int[1, 4].Select(Id)).Array[0, 60].Sample(claims =>
        {
            var plan = AddressPlan.For(SmallPools);
            var held = new List<(Prefix Prefix, NodeId Holder)>();
            foreach (var (prefix, node) in claims.Where(claim => !SmallPools.V4.Overlaps(claim.Item1) && !SmallPools.V6.Overlaps(claim.Item1)))
            {
                if (plan.FindConflict(prefix, node) is null)
                {
                    plan = plan.Assign(prefix, node);
                    held.Add((prefix, node));
                }
                else
                {
                    Assert.Throws<InvalidOperationException>(() => AddressPlan.Of(SmallPools, [.. held, (prefix, node)]));
                }
            }

            var atOnce = AddressPlan.Of(SmallPools, held);
            foreach (var probe in claims.Select(claim => claim.Item1).Append(SmallPools.V4).Append(SmallPools.V6))
            {
                Assert.Equal(plan.FindHolder(probe), atOnce.FindHolder(probe));
                Assert.Equal(plan.FindConflict(probe, Id(1)), atOnce.FindConflict(probe, Id(1)));
            }

            Assert.Equal(plan.LowestFree(isV6: false), atOnce.LowestFree(isV6: false));
            Assert.Equal(plan.LowestFree(isV6: true), atOnce.LowestFree(isV6: true));
        });

    [Fact]
    public void The_lowest_free_address_is_that_of_a_scan_until_the_pool_is_full() =>
        Gen.Int[1, 62].Array[0, 80].Sample(requested =>
        {
            var plan = AddressPlan.For(SmallPools);
            var taken = new SortedSet<int> { 0, 63 };
            foreach (var wish in requested)
            {
                var address = Prefix.From(new IPAddress([10, 255, 0, (byte)wish]), 32);
                if (taken.Add(wish))
                {
                    plan = plan.Assign(address, Id(wish));
                }

                var lowest = Enumerable.Range(0, 64).Where(i => !taken.Contains(i)).Select(i => (int?)i).FirstOrDefault();
                Assert.Equal(lowest, plan.LowestFree(isV6: false) is { } free ? free.Address.GetAddressBytes()[3] : null);
                if (lowest is { } next && taken.Add(next))
                {
                    plan = plan.Assign(Prefix.From(new IPAddress([10, 255, 0, (byte)next]), 32), Id(next));
                }
            }
        });

    [Fact]
    public void A_pool_of_254_gives_254_addresses_each_once()
    {
        var plan = AddressPlan.For(new AddressPools(Net("10.255.0.0/24"), SmallPools.V6));
        var given = new HashSet<Prefix>();
        while (plan.LowestFree(isV6: false) is { } free)
        {
            Assert.True(given.Add(free));
            plan = plan.Assign(free, Id(given.Count));
        }

        Assert.Equal(254, given.Count);
    }
}
