using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using Microsoft.Extensions.Time.Testing;

namespace MeshActors.ActorTests.Gateway;

public sealed class PendingJoinsTests
{
    private static readonly OrganizationId Storm = OrganizationId.Parse("storm");
    private static readonly OrganizationId Other = OrganizationId.Parse("other");
    private static readonly OrganizationId Quiet = OrganizationId.Parse("quiet");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_storm_takes_a_half_of_the_places_and_a_second_one_a_third_and_there_is_one_for_who_comes_next()
    {
        var joins = new PendingJoins(max: 12, servedMax: 12, processors: 2, _time);
        Assert.Equal(6, Enter(joins, Storm, 20).Count);
        Assert.Equal(3, Enter(joins, Other, 20).Count);
        Assert.Single(Enter(joins, Quiet, 1));
    }

    [Fact]
    public void A_place_that_is_left_is_another_ones()
    {
        var joins = new PendingJoins(max: 12, servedMax: 12, processors: 2, _time);
        var storm = Enter(joins, Storm, 20);
        Assert.Empty(Enter(joins, Storm, 1));
        storm[0].Dispose();
        Assert.Single(Enter(joins, Storm, 1));
        storm.Skip(1).ToList().ForEach(place => place.Dispose());
        Assert.Equal(5, Enter(joins, Storm, 20).Count);
    }

    [Fact]
    public void Who_has_not_said_of_which_organization_it_is_is_bounded_too()
    {
        var joins = new PendingJoins(max: 2, servedMax: 2, processors: 2, _time);
        using var first = joins.TryEnter();
        var second = joins.TryEnter()!;
        Assert.Null(joins.TryEnter());
        second.Dispose();
        Assert.NotNull(joins.TryEnter());
    }

    [Fact]
    public void While_a_storm_waits_in_line_another_organization_is_served_at_once()
    {
        var joins = new PendingJoins(max: 100, servedMax: 8, processors: 2, _time);
        var storm = Enter(joins, Storm, 40);
        var turns = storm.Select(place => place.WaitForTurnAsync(default)).ToList();
        Assert.Equal(4, turns.Count(turn => turn.IsCompletedSuccessfully));

        Assert.True(Enter(joins, Quiet, 1)[0].WaitForTurnAsync(default).IsCompletedSuccessfully);
    }

    [Fact]
    public void A_storm_is_served_one_at_a_time_while_another_organization_joins_and_a_second_after_it()
    {
        var joins = new PendingJoins(max: 1000, servedMax: 32, processors: 2, _time);
        Join(joins, Storm);
        // Who only asks is nobody yet.
        Enter(joins, Quiet, 1)[0].Dispose();
        Assert.Equal(16, Served(joins, Storm, 20));

        Join(joins, Quiet);
        Assert.Equal(1, Served(joins, Storm, 20));

        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(16, Served(joins, Storm, 20));
        // The other's last join is long ago.
        Join(joins, Storm);
        Assert.Equal(16, Served(joins, Storm, 20));
    }

    [Fact]
    public void A_storm_that_begins_beside_another_organization_is_served_one_at_a_time_from_its_first_join()
    {
        var joins = new PendingJoins(max: 1000, servedMax: 32, processors: 2, _time);
        Join(joins, Quiet);
        Assert.Equal(1, Served(joins, Storm, 20));
        Assert.Equal(16, Served(joins, Quiet, 20));

        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(16, Served(joins, Storm, 20));
    }

    [Theory]
    // Six times the turn, and 5 ms at most; less where there are more processors.
    [InlineData(2, 0.5, 3)]
    [InlineData(2, 40, 5)]
    [InlineData(6, 0.5, 1)]
    [InlineData(1, 1, 10)]
    public async Task Beside_others_a_line_rests_after_each_turn(int processors, double turnMs, double restMs)
    {
        var joins = new PendingJoins(max: 100, servedMax: 8, processors, _time);
        Join(joins, Storm);
        Join(joins, Quiet);
        var storm = Enter(joins, Storm, 3);
        await storm[0].WaitForTurnAsync(default);
        var next = storm[1].WaitForTurnAsync(default);
        _time.Advance(TimeSpan.FromMilliseconds(turnMs));
        storm[0].Dispose();
        Assert.True(Enter(joins, Quiet, 1)[0].WaitForTurnAsync(default).IsCompletedSuccessfully);

        _time.Advance(TimeSpan.FromMilliseconds(restMs - 0.5));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(0.5));
        await next.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Nobody_rests_who_joins_alone_or_one_after_another()
    {
        var joins = new PendingJoins(max: 100, servedMax: 2, processors: 2, _time);
        var (first, next) = (Enter(joins, Storm, 1)[0], Enter(joins, Storm, 1)[0]);
        await first.WaitForTurnAsync(default);
        var alone = next.WaitForTurnAsync(default);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        first.Dispose();
        await alone.WaitAsync(TimeSpan.FromSeconds(10));
        next.Dispose();

        Join(joins, Storm);
        Join(joins, Quiet);
        for (var i = 0; i < 3; i++)
        {
            var quiet = Enter(joins, Quiet, 1)[0];
            Assert.True(quiet.WaitForTurnAsync(default).IsCompletedSuccessfully);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            quiet.Dispose();
        }
    }

    [Fact]
    public async Task Who_is_with_its_agent_lets_the_next_one_be_served_and_waits_for_its_turn_again()
    {
        var joins = new PendingJoins(max: 100, servedMax: 2, processors: 2, _time);
        var (first, next) = (Enter(joins, Storm, 1)[0], Enter(joins, Storm, 1)[0]);
        await first.WaitForTurnAsync(default);
        var turn = next.WaitForTurnAsync(default);
        Assert.False(turn.IsCompleted);

        first.LetNext();
        await turn.WaitAsync(TimeSpan.FromSeconds(10));
        var again = first.WaitForTurnAsync(default);
        Assert.False(again.IsCompleted);
        next.Dispose();
        await again.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Organizations_in_line_are_served_in_turn_however_many_of_each_wait()
    {
        var joins = new PendingJoins(max: 100, servedMax: 2, processors: 2, _time);
        var served = Enter(joins, Storm, 1)[0];
        await served.WaitForTurnAsync(default);
        var storm = Enter(joins, Storm, 30).Select(place => (place, turn: place.WaitForTurnAsync(default))).ToList();
        var other = Enter(joins, Other, 1)[0];
        await other.WaitForTurnAsync(default);
        var quiet = Enter(joins, Quiet, 1)[0].WaitForTurnAsync(default);
        Assert.False(quiet.IsCompleted);
        Assert.DoesNotContain(storm, waiting => waiting.turn.IsCompleted);

        served.Dispose();
        other.Dispose();
        await quiet.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Who_gives_up_in_line_takes_no_turn()
    {
        var joins = new PendingJoins(max: 100, servedMax: 2, processors: 2, _time);
        var served = Enter(joins, Storm, 1)[0];
        await served.WaitForTurnAsync(default);
        var (gone, next) = (Enter(joins, Storm, 1)[0], Enter(joins, Storm, 1)[0]);
        using var givesUp = new CancellationTokenSource();
        var lost = gone.WaitForTurnAsync(givesUp.Token);
        var turn = next.WaitForTurnAsync(default);
        await givesUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lost);
        gone.Dispose();
        served.Dispose();

        await turn.WaitAsync(TimeSpan.FromSeconds(10));
        next.Dispose();
        Assert.True(Enter(joins, Quiet, 1)[0].WaitForTurnAsync(default).IsCompletedSuccessfully);
    }

    private static void Join(PendingJoins joins, OrganizationId organization)
    {
        using var place = Enter(joins, organization, 1)[0];
        place.Joined();
    }

    // Of so many that come together; all are gone afterwards.
    private static int Served(PendingJoins joins, OrganizationId organization, int count)
    {
        var places = Enter(joins, organization, count);
        using var givesUp = new CancellationTokenSource();
        var turns = places.Select(place => place.WaitForTurnAsync(givesUp.Token)).ToList();
        var served = turns.Count(turn => turn.IsCompletedSuccessfully);
        givesUp.Cancel();
        places.ForEach(place => place.Dispose());
        return served;
    }

    private static List<PendingJoins.Place> Enter(PendingJoins joins, OrganizationId organization, int count)
    {
        var places = new List<PendingJoins.Place>();
        for (var i = 0; i < count; i++)
        {
            var place = joins.TryEnter()!;
            if (place.TryName(organization))
            {
                places.Add(place);
            }
            else
            {
                place.Dispose();
            }
        }

        return places;
    }
}
