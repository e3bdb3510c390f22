using MeshActors.Controller.Gateway;
using MeshActors.Domain;

namespace MeshActors.ActorTests.Gateway;

public sealed class PendingJoinsTests
{
    private static readonly OrganizationId Storm = OrganizationId.Parse("storm");
    private static readonly OrganizationId Other = OrganizationId.Parse("other");
    private static readonly OrganizationId Quiet = OrganizationId.Parse("quiet");

    [Fact]
    public void A_storm_takes_a_half_of_the_places_and_a_second_one_a_third_and_there_is_one_for_who_comes_next()
    {
        var joins = new PendingJoins(max: 12, servedMax: 12);
        Assert.Equal(6, Enter(joins, Storm, 20).Count);
        Assert.Equal(3, Enter(joins, Other, 20).Count);
        Assert.Single(Enter(joins, Quiet, 1));
    }

    [Fact]
    public void A_place_that_is_left_is_another_ones()
    {
        var joins = new PendingJoins(max: 12, servedMax: 12);
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
        var joins = new PendingJoins(max: 2, servedMax: 2);
        using var first = joins.TryEnter();
        var second = joins.TryEnter()!;
        Assert.Null(joins.TryEnter());
        second.Dispose();
        Assert.NotNull(joins.TryEnter());
    }

    [Fact]
    public void While_a_storm_waits_in_line_another_organization_is_served_at_once()
    {
        var joins = new PendingJoins(max: 100, servedMax: 8);
        var storm = Enter(joins, Storm, 40);
        var turns = storm.Select(place => place.WaitForTurnAsync(default)).ToList();
        Assert.Equal(4, turns.Count(turn => turn.IsCompletedSuccessfully));

        Assert.True(Enter(joins, Quiet, 1)[0].WaitForTurnAsync(default).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Organizations_in_line_are_served_in_turn_however_many_of_each_wait()
    {
        var joins = new PendingJoins(max: 100, servedMax: 2);
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
        var joins = new PendingJoins(max: 100, servedMax: 2);
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
