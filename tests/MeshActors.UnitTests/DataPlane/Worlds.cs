using System.Net;
using CsCheck;
using MeshActors.Domain;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.DataPlane;

/// <summary>Small maps out of few nodes and prefixes, so that they meet often. Node 1 is the host itself.</summary>
internal static class Worlds
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static readonly NodeId Self = Id(1);

    private static readonly Prefix[] Children =
    [
        P("172.24.0.0/24"), P("172.28.0.0/24"), P("10.1.0.0/16"), P("192.168.7.0/24"), P("fd24::/64"), P("fd28::/64"),
    ];

    private static readonly Prefix[] Locals = [P("192.168.7.0/24"), P("10.0.0.0/8"), P("172.24.0.128/25"), P("fd24::/48"), P("0.0.0.0/0")];

    /// <summary>Each child prefix belongs to one node or to none, as a controller has it.</summary>
    public static readonly Gen<MeshMap> Maps = Gen.Select(
        Gen.Bool.Array[5],
        Gen.Int[0, 5].Array[Children.Length],
        Gen.Int[0, 3].Array[5],
        (present, owners, endpoints) => MeshMap.From(7, Enumerable.Range(1, 5)
            .Where(i => i == 1 || present[i - 1])
            .Select(i => Node(i, Children.Where((_, child) => owners[child] == i), endpoints[i - 1]))));

    public static readonly Gen<ForeignRoutes> Foreign = Gen.Bool.Array[Locals.Length]
        .Select(picks => new ForeignRoutes(Locals.Where((_, i) => picks[i]).Select(prefix => new ForeignRoute(prefix, "eth0"))));

    public static readonly HostSettings Host = new("wg0", Key(1), 51820, Children.ToValueList(), []);

    public static Prefix P(string text) => Prefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);

    public static NodeId Id(int i) => new(new Guid(i, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]));

    public static PublicKey Key(int i)
    {
        var bytes = new byte[PublicKey.SizeBytes];
        bytes[0] = (byte)i;
        return new PublicKey(bytes);
    }

    public static Endpoint At(string text, EndpointKind kind = EndpointKind.Local)
    {
        var endpoint = IPEndPoint.Parse(text);
        return new Endpoint(kind, endpoint.Address, (ushort)endpoint.Port);
    }

    public static MapNode Node(int i, IEnumerable<Prefix> prefixes, int endpoints = 1) => new(
        Id(i),
        $"node{i}",
        Key(i),
        [P($"100.64.0.{i}/32"), P($"fd00::{i}/128")],
        prefixes.ToValueList(),
        Enumerable.Range(0, endpoints).Select(e => At($"203.0.{e}.{i}:51820")).ToValueList());

    public static Plan PlanFor(FakeKernel kernel, MeshMap map, EndpointMemory memory, DateTimeOffset now) =>
        Plan.From(kernel.Read(), Desired.From(map, Self, Host), memory, now);
}
