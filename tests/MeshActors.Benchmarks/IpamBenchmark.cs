using System.Diagnostics;
using System.Globalization;
using System.Net;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Benchmarks;

/// <summary>Checks and assigns random child prefixes and the lowest free addresses, with ever more of them held before.</summary>
internal static class IpamBenchmark
{
    /// <summary>Few, so that what is held stays near the number that the row names.</summary>
    private const int Operations = 1_000;
    private const int Rounds = 301;
    private static readonly AddressPools Pools = new(AddressPools.DefaultV4, Prefix.From(IPAddress.Parse("fd00::"), 48));

    public static void Run()
    {
        Console.WriteLine($"{"held",10} {"child prefixes/s",18} {"addresses/s",14}   (median of {Rounds} rounds of {Operations:N0})");
        foreach (var held in (ReadOnlySpan<int>)[10, 1_000, 100_000, 1_000_000])
        {
            var random = new Random(held);
            var plan = Fill(AddressPlan.For(Pools), held, random);
            var claims = Median(() => Claim(plan, random));
            var addresses = Median(() => Allocate(plan));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{held,10:N0} {claims,18:N0} {addresses,14:N0}"));
        }
    }

    /// <summary>Half child prefixes, half addresses of the pool.</summary>
    private static AddressPlan Fill(AddressPlan plan, int held, Random random)
    {
        for (var i = 0; i < held / 2; i++)
        {
            var node = Node(i);
            plan = TryClaim(plan, RandomPrefix(random), node).Assign(plan.LowestFree(isV6: false)!.Value, node);
        }

        return plan;
    }

    private static double Claim(AddressPlan plan, Random random)
    {
        var prefixes = Enumerable.Range(0, Operations).Select(_ => RandomPrefix(random)).ToArray();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < prefixes.Length; i++)
        {
            plan = TryClaim(plan, prefixes[i], Node(-i - 1));
        }

        return Operations / clock.Elapsed.TotalSeconds;
    }

    private static double Allocate(AddressPlan plan)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Operations; i++)
        {
            plan = plan.Assign(plan.LowestFree(isV6: false)!.Value, Node(-i - 1));
        }

        return Operations / clock.Elapsed.TotalSeconds;
    }

    private static AddressPlan TryClaim(AddressPlan plan, Prefix prefix, NodeId node) =>
        plan.FindConflict(prefix, node) is null ? plan.Assign(prefix, node) : plan;

    /// <summary>/32 to /64 of fd00::/8: a random one is nearly always free.</summary>
    private static Prefix RandomPrefix(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        bytes[0] = 0xfd;
        bytes[1] |= 0x80;
        return Prefix.From(new IPAddress(bytes), random.Next(56, 65));
    }

    private static NodeId Node(int number) => new(new Guid(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0));

    private static double Median(Func<double> round) => Enumerable.Range(0, Rounds).Select(_ => round()).Order().ElementAt(Rounds / 2);
}
