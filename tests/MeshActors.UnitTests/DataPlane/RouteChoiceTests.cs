using MeshActors.Domain;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Maps;

namespace MeshActors.UnitTests.DataPlane;

public class RouteChoiceTests
{
    [Theory]
    [InlineData("192.168.7.0/24")]
    [InlineData("192.168.0.0/16")]
    public void An_own_route_that_equals_or_contains_a_peer_s_prefix_keeps_working(string own)
    {
        var choice = Choose("192.168.7.0/24", own);
        Assert.DoesNotContain(Worlds.P("192.168.7.0/24"), choice.Routes);
        var warning = Assert.Single(choice.Warnings);
        Assert.Equal(WarningCodes.RouteConflict, warning.Code);
        Assert.Contains($"{own} dev eth0", warning.Message, StringComparison.Ordinal);
        Assert.Contains("'node2'", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_own_route_within_a_peer_s_prefix_wins_for_its_part_only()
    {
        var choice = Choose("192.168.0.0/16", "192.168.7.0/24");
        Assert.Contains(Worlds.P("192.168.0.0/16"), choice.Routes);
        Assert.Equal(WarningCodes.RouteInside, Assert.Single(choice.Warnings).Code);
    }

    [Theory]
    [InlineData("0.0.0.0/0")]
    [InlineData("128.0.0.0/1")]
    [InlineData("10.0.0.0/8")]
    public void Default_routes_and_strangers_are_no_conflict(string own)
    {
        var choice = Choose("192.168.7.0/24", own);
        Assert.Contains(Worlds.P("192.168.7.0/24"), choice.Routes);
        Assert.Empty(choice.Warnings);
    }

    [Fact]
    public void Many_peers_behind_one_own_route_make_one_warning()
    {
        var nodes = Enumerable.Range(1, 9).Select(i => Worlds.Node(i, []));
        var choice = RouteChoice.From(
            Desired.From(MeshMap.From(1, nodes), Worlds.Self, Worlds.Host), Routes("100.64.0.0/10"));
        Assert.Contains("and 5 more", Assert.Single(choice.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endpoint_within_the_peer_s_own_prefix_is_skipped_while_there_is_another()
    {
        var choice = ChooseWith("192.168.7.0/24", "192.168.7.5:51820", "203.0.113.5:51820");
        Assert.Contains(Worlds.P("192.168.7.0/24"), choice.Routes);
        Assert.Equal(["203.0.113.5:51820"], choice.Endpoints[Worlds.Key(2)].Select(endpoint => endpoint.ToString()));
        Assert.Empty(choice.Warnings);
    }

    [Fact]
    public void A_prefix_that_contains_every_endpoint_of_its_peer_would_loop_and_gets_no_route()
    {
        var choice = ChooseWith("192.168.7.0/24", "192.168.7.5:51820");
        Assert.DoesNotContain(Worlds.P("192.168.7.0/24"), choice.Routes);
        Assert.Equal(["192.168.7.5:51820"], choice.Endpoints[Worlds.Key(2)].Select(endpoint => endpoint.ToString()));
        Assert.Equal(WarningCodes.EndpointInPrefix, Assert.Single(choice.Warnings).Code);
    }

    [Fact]
    public void The_host_s_own_addresses_and_the_mesh_s_are_no_candidates()
    {
        var node = Worlds.Node(2, []) with { Endpoints = [Worlds.At("192.168.1.5:51820"), Worlds.At("100.64.0.3:51820"), Worlds.At("203.0.113.5:51820")] };
        var map = MeshMap.From(1, [Worlds.Node(1, []), node, Worlds.Node(3, [])]);
        var host = Worlds.Host with { LocalAddresses = [System.Net.IPAddress.Parse("192.168.1.5")] };
        Assert.Equal(["203.0.113.5:51820"], Desired.From(map, Worlds.Self, host).Peers.Single(peer => peer.Name == "node2").Candidates.Select(endpoint => endpoint.ToString()));
    }

    private static RouteChoice Choose(string prefix, string own) =>
        RouteChoice.From(Desired.From(MeshMap.From(1, [Worlds.Node(1, []), Worlds.Node(2, [Worlds.P(prefix)])]), Worlds.Self, Worlds.Host), Routes(own));

    private static RouteChoice ChooseWith(string prefix, params string[] endpoints)
    {
        var node = Worlds.Node(2, [Worlds.P(prefix)]) with { Endpoints = endpoints.Select(text => Worlds.At(text)).ToValueList() };
        return RouteChoice.From(Desired.From(MeshMap.From(1, [Worlds.Node(1, []), node]), Worlds.Self, Worlds.Host), ForeignRoutes.None);
    }

    private static ForeignRoutes Routes(params string[] prefixes) => new(prefixes.Select(prefix => new ForeignRoute(Worlds.P(prefix), "eth0")));
}
