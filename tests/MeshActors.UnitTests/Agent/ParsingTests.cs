using System.Text;
using MeshActors.Agent.Linux;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;
using MeshActors.UnitTests.DataPlane;

namespace MeshActors.UnitTests.Agent;

public class ParsingTests
{
    private const string Key = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=";

    [Fact]
    public void A_dump_of_wg_gives_device_and_peers()
    {
        var dump = $"(none)\t{Key}\t51820\toff\n"
            + $"{Key}\t(none)\t[2001:db8::1]:7\tfd24::/64,10.0.0.0/8\t1700000000\t12\t34\t25\n";
        var device = WireGuard.Parse(Encoding.ASCII.GetBytes(dump), isUp: true, mtu: 1420);
        Assert.Equal(51820, device.ListenPort);
        var peer = Assert.Single(device.Peers).Value;
        Assert.Equal("[2001:db8::1]:7", peer.Endpoint?.ToString());
        Assert.Equal<Prefix>([Worlds.P("10.0.0.0/8"), Worlds.P("fd24::/64")], peer.AllowedIps);
        Assert.Equal((1700000000L, 12L, 34L, (ushort)25), (peer.LastHandshakeUnixSeconds, peer.ReceivedBytes, peer.SentBytes, peer.KeepaliveSeconds));
    }

    [Fact]
    public void A_fresh_device_has_no_key_and_a_silent_peer_no_endpoint()
    {
        var dump = $"(none)\t(none)\t0\toff\n{Key}\t(none)\t(none)\t(none)\t0\t0\t0\toff\n";
        var device = WireGuard.Parse(Encoding.ASCII.GetBytes(dump), isUp: false, mtu: 1420);
        Assert.Null(device.Key);
        var peer = Assert.Single(device.Peers).Value;
        Assert.Null(peer.Endpoint);
        Assert.Empty(peer.AllowedIps);
    }

    [Fact]
    public void Routes_are_told_apart_by_interface_and_protocol()
    {
        var routes = Routes.Parse(
            """
            [{"dst":"default","gateway":"10.0.0.1","dev":"eth0","protocol":"4","flags":[]},
             {"dst":"100.64.0.2","dev":"wg0","protocol":"176","scope":"link","flags":[]},
             {"dst":"10.9.0.0/24","dev":"wg0","protocol":"3","flags":[]},
             {"dst":"10.8.0.0/24","dev":"wg1","protocol":"176","flags":[]},
             {"dst":"10.7.0.0/24","flags":[],"nexthops":[{"gateway":"10.0.0.2","dev":"eth0","weight":1}]},
             {"type":"blackhole","dst":"10.0.0.0/8","protocol":"4","flags":[]},
             {"dst":"fe80::/64","dev":"eth0","protocol":"2","flags":[]}]
            """u8,
            "wg0");
        Assert.Equal([Worlds.P("100.64.0.2/32")], routes.Own);
        Assert.Equal([Worlds.P("10.9.0.0/24")], routes.Other);
        Assert.Equal(["10.7.0.0/24 dev several", "10.8.0.0/24 dev wg1"], routes.Foreign.All.Select(route => route.ToString()));
    }

    [Fact]
    public void Only_rules_with_the_interface_s_own_mark_are_its_own()
    {
        const string rules = """
            -N DOCKER-USER
            -A DOCKER-USER -d 172.24.0.0/24 -i wg0 -m comment --comment "meshd:wg0" -j ACCEPT
            -A DOCKER-USER -d 172.25.0.0/24 -i wg0 -m comment --comment meshd:wg1 -j ACCEPT
            -A DOCKER-USER -d 172.26.0.0/24 -i wg0 -j ACCEPT
            -A DOCKER-USER -j RETURN
            """;
        Assert.Equal<Prefix>([Worlds.P("172.24.0.0/24")], Firewall.Parse(rules, "wg0"));
    }

    [Fact]
    public void Endpoints_are_the_addresses_of_uplinks_only()
    {
        var links = Links.Parse(Encoding.UTF8.GetBytes(
            $"[{Link("lo", "127.0.0.1")},{Link("eth0", "192.0.2.7")},{Link("docker0", "172.17.0.1", "bridge")},{Link("tun3", "10.8.0.2", "tun")},"
            + $"{Link("veth1", "10.1.1.1", "veth", master: true)},{Link("lan0", "172.24.0.1")},{{}}]"));
        Assert.Equal(
            [Worlds.At("198.51.100.1:9", EndpointKind.Configured), Worlds.At("192.0.2.7:51820")],
            LocalEndpoints.From(links, [Worlds.At("198.51.100.1:9", EndpointKind.Configured)], [Worlds.P("172.24.0.0/24")], 51820));
    }

    [Fact]
    public void No_host_reports_more_endpoints_than_the_map_takes()
    {
        var links = Links.Parse(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(1, 20).Select(i => Link($"eth{i}", $"192.0.2.{i}")))}]"));
        Assert.Equal(Limits.EndpointsPerNodeMax - 1, LocalEndpoints.From(links, [], [], 51820).Count);
    }

    private static string Link(string name, string address, string kind = "", bool master = false) =>
        $$"""
        {"ifname":"{{name}}","flags":["UP"],"mtu":1500,{{(master ? "\"master\":\"br0\"," : "")}}"linkinfo":{"info_kind":"{{kind}}"},
         "addr_info":[{"local":"{{address}}","prefixlen":24,"scope":"global"}]}
        """;
}
