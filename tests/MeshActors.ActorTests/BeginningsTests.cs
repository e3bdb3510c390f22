using MeshActors.Cluster.Feeds;
using Microsoft.Extensions.Time.Testing;

namespace MeshActors.ActorTests;

/// <summary>How long new feeds wait before they ask for their first picture.</summary>
public sealed class BeginningsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Beginnings _beginnings;

    public BeginningsTests() => _beginnings = new Beginnings(_time);

    [Fact]
    public void Where_no_picture_came_from_another_process_nobody_waits() =>
        Assert.All(Waits(1_000), wait => Assert.Equal(TimeSpan.Zero, wait));

    [Fact]
    public void Each_has_a_moment_of_its_own_as_far_apart_as_the_last_picture_was_large_after_a_head_start_for_what_moves()
    {
        _beginnings.Took(1_000);

        Assert.Equal([0, 450, 495, 540], Waits(4).Select(wait => wait.TotalMilliseconds));
    }

    [Fact]
    public void A_moment_that_has_passed_is_nobodys()
    {
        _beginnings.Took(1_000);
        _ = Waits(2);
        _time.Advance(TimeSpan.FromMilliseconds(480));

        Assert.Equal([15, 450], Waits(2).Select(wait => wait.TotalMilliseconds));
    }

    [Fact]
    public void However_many_there_are_none_waits_longer_than_agents_may_be_without_news()
    {
        _beginnings.Took(10_000);

        Assert.Equal(Beginnings.WaitMax, Waits(1_000).Max());
    }

    [Fact]
    public void Small_organizations_do_not_wait_as_if_they_were_large()
    {
        _beginnings.Took(10_000);
        _ = Waits(1_000);
        _beginnings.Took(10);

        Assert.True(Waits(1).Single() < TimeSpan.FromMilliseconds(10));
    }

    private List<TimeSpan> Waits(int feeds) => [.. Enumerable.Range(0, feeds).Select(_ => _beginnings.Wait())];
}
