using System.Net;
using MeshActors.Domain.DataPlane;

namespace MeshActors.UnitTests.DataPlane;

public class EndpointChoiceTests
{
    private static readonly IPEndPoint A = IPEndPoint.Parse("203.0.113.1:51820");
    private static readonly IPEndPoint B = IPEndPoint.Parse("203.0.113.2:51820");
    private static readonly IPEndPoint Roamed = IPEndPoint.Parse("198.51.100.9:40000");
    private static readonly DateTimeOffset Noon = Worlds.Noon;

    [Fact]
    public void A_new_peer_is_tried_at_its_first_candidate() =>
        Assert.Equal(A, EndpointChoice.Next(null, [A, B], null, Noon).Set);

    [Fact]
    public void A_candidate_gets_ten_seconds()
    {
        var trial = new EndpointTrial(A, Noon);
        Assert.Null(EndpointChoice.Next(trial, [A, B], Peer(A, null), Noon.AddSeconds(9)).Set);
        Assert.Equal(B, EndpointChoice.Next(trial, [A, B], Peer(A, null), Noon.AddSeconds(10)).Set);
    }

    [Fact]
    public void After_the_last_candidate_comes_the_first() =>
        Assert.Equal(A, EndpointChoice.Next(new EndpointTrial(B, Noon), [A, B], Peer(B, null), Noon.AddSeconds(10)).Set);

    [Fact]
    public void A_peer_with_a_live_session_is_left_where_it_roamed_to()
    {
        var (trial, set) = EndpointChoice.Next(new EndpointTrial(A, Noon), [A, B], Peer(Roamed, Noon.AddSeconds(30)), Noon.AddSeconds(60));
        Assert.Null(set);
        Assert.Equal(Roamed, trial!.Endpoint);
    }

    [Fact]
    public void A_session_older_than_three_minutes_is_no_reason_to_wait() =>
        Assert.Equal(A, EndpointChoice.Next(new EndpointTrial(Roamed, Noon), [A, B], Peer(Roamed, Noon), Noon.AddSeconds(181)).Set);

    [Fact]
    public void A_restarted_agent_gives_the_kernel_s_endpoint_its_time()
    {
        var (trial, set) = EndpointChoice.Next(null, [A, B], Peer(B, null), Noon);
        Assert.Null(set);
        Assert.Equal(B, trial!.Endpoint);
    }

    [Fact]
    public void A_candidate_that_left_the_map_is_dropped_at_once() =>
        Assert.Equal(B, EndpointChoice.Next(new EndpointTrial(A, Noon), [B], Peer(A, null), Noon.AddSeconds(1)).Set);

    [Fact]
    public void Without_candidates_nothing_is_set() =>
        Assert.Equal((null, null), EndpointChoice.Next(null, [], Peer(Roamed, null), Noon));

    private static ObservedPeer Peer(IPEndPoint? endpoint, DateTimeOffset? handshake) =>
        new(Worlds.Key(2), endpoint, [], handshake?.ToUnixTimeSeconds() ?? 0, 0, 0, Desired.KeepaliveSeconds);
}
