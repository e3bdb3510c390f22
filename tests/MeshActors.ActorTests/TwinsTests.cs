using MeshActors.Cluster.Membership;

namespace MeshActors.ActorTests;

/// <summary>Which of two clusters on one database gives way.</summary>
public sealed class TwinsTests
{
    [Theory]
    [InlineData("b", "b", "ac", "ac")]      // fewer
    [InlineData("ac", "ac", "b", "")]       // more
    [InlineData("b", "b", "a", "a")]        // as many, and the other has the lowest address
    [InlineData("a", "a", "b", "")]
    [InlineData("abc", "b", "ac", "")]      // out of reach, but no other cluster: the resolver's business
    [InlineData("bd", "b", "ac", "ac")]     // one of its own is out of reach, too
    [InlineData("abc", "abc", "", "")]
    public void The_smaller_gives_way(string known, string reached, string living, string winners)
    {
        var twins = new Twins();
        Assert.Empty(Find(twins, known, reached, living));
        Assert.Empty(Find(twins, known, reached, living));
        Assert.Equal(winners, string.Concat(Find(twins, known, reached, living)));
    }

    [Fact]
    public void One_that_is_just_leaving_or_has_just_died_is_no_other_cluster()
    {
        var twins = new Twins();
        for (var round = 0; round < 5; round++)
        {
            Assert.Empty(Find(twins, "b", "b", "a"));
            Assert.Empty(Find(twins, "b", "b", "a"));
            Assert.Empty(Find(twins, "b", "b", ""));
        }
    }

    [Fact]
    public void Both_sides_agree_whatever_the_halves()
    {
        foreach (var left in Enumerable.Range(1, 62))
        {
            var all = "abcdef";
            var one = string.Concat(all.Where((_, index) => (left & (1 << index)) != 0));
            var other = string.Concat(all.Except(one));
            Assert.NotEqual(GivesWay(one, other), GivesWay(other, one));
        }
    }

    private static bool GivesWay(string own, string other)
    {
        var twins = new Twins();
        return Enumerable.Range(0, 3).Select(_ => Find(twins, own, own, other)).ToList()[^1].Count > 0;
    }

    private static IReadOnlyCollection<string> Find(Twins twins, string known, string reached, string living) =>
        twins.FindWinners(Names(known), Names(reached), Names(living));

    private static List<string> Names(string letters) => [.. letters.Select(letter => letter.ToString())];
}
