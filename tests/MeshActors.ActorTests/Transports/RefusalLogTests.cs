using MeshActors.Controller.Gateway;
using Microsoft.Extensions.Time.Testing;

namespace MeshActors.ActorTests.Transports;

public sealed class RefusalLogTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_peer_and_a_cause_are_said_once_in_a_window_and_then_with_how_often_they_were_not()
    {
        var log = new RefusalLog(TimeSpan.FromMinutes(10), 100, _time);
        Assert.Equal(0, log.Enter(Doors.Edge, "a", "wrong"));
        for (var attempt = 0; attempt < 49; attempt++)
        {
            Assert.Null(log.Enter(Doors.Edge, "a", "wrong"));
        }

        Assert.Equal(0, log.Enter(Doors.Edge, "a", "other"));
        Assert.Equal(0, log.Enter(Doors.Edge, "b", "wrong"));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(49, log.Enter(Doors.Edge, "a", "wrong"));
        Assert.Null(log.Enter(Doors.Edge, "a", "wrong"));
    }

    [Fact]
    public void Peers_beyond_the_limit_share_one_line_for_a_cause_until_older_ones_are_forgotten()
    {
        var log = new RefusalLog(TimeSpan.FromMinutes(10), 3, _time);
        Assert.Equal([0, 0, 0], Enumerable.Range(0, 3).Select(peer => log.Enter(Doors.Edge, $"p{peer}", "wrong")));
        Assert.Equal(0, log.Enter(Doors.Edge, "p3", "wrong"));
        Assert.All(Enumerable.Range(4, 1000), peer => Assert.Null(log.Enter(Doors.Edge, $"p{peer}", "wrong")));

        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(0, log.Enter(Doors.Edge, "p9", "wrong"));
        Assert.Equal(0, log.Enter(Doors.Edge, "p10", "wrong"));
    }
}
