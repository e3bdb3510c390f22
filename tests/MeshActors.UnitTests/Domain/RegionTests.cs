using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.UnitTests.Domain;

/// <summary>Organizations with a region in their id, and their moves.</summary>
public sealed class RegionTests
{
    private static readonly RegionName Eu = RegionName.Parse("eu");
    private static readonly RegionName Us = RegionName.Parse("us");
    private static readonly OrganizationId Acme = OrganizationId.Parse("acme@eu");
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("default", "default", null)]
    [InlineData("acme@eu", "acme", "eu")]
    [InlineData("a-1@us-east-1", "a-1", "us-east-1")]
    public void An_id_is_a_name_and_perhaps_a_region(string text, string name, string? region)
    {
        var id = OrganizationId.Parse(text);
        Assert.Equal((name, region, text), (id.Name, id.Region?.Value, id.ToString()));
        Assert.True(id.IsCalled(text) && id.IsCalled(name));
    }

    [Theory]
    [InlineData("@eu")]
    [InlineData("acme@")]
    [InlineData("acme@eu@us")]
    [InlineData("acme@-eu")]
    [InlineData("acme@EU")]
    [InlineData("acme@abcdefghijklmnopqrstu")]
    [InlineData("acme.eu")]
    public void Other_texts_are_none(string text) => Assert.False(OrganizationId.TryParse(text, out _));

    [Fact]
    public void A_bare_name_gets_a_region_once_and_the_longest_fits_its_limit()
    {
        Assert.Equal(Acme, OrganizationId.Parse("acme").In(Eu));
        Assert.Equal(Acme, Acme.In(Us));
        Assert.Equal("acme", OrganizationId.Parse("acme").In(null).Value);
        var longest = $"{new string('a', OrganizationId.LengthMax)}@{new string('b', RegionName.LengthMax)}";
        Assert.Equal(OrganizationId.TextLengthMax, OrganizationId.Parse(longest).Value.Length);
        Assert.False(OrganizationId.Parse("acme@eu").IsCalled("acme@us"));
    }

    [Fact]
    public void It_survives_a_secret_and_a_join_url()
    {
        var key = new Bearer(Bearer.JoinKeyKind, Acme.Value, "id1", new string('x', 43), "pin");
        var url = new Uri($"https://192.0.2.1:8443/#{key.Reveal()}");
        Assert.True(Bearer.TryParse(Uri.UnescapeDataString(url.Fragment.TrimStart('#')), Bearer.JoinKeyKind, out var read));
        Assert.Equal((key, "192.0.2.1"), (read, url.Host));
    }

    [Fact]
    public void A_home_that_gave_it_up_decides_nothing_but_the_same_again()
    {
        var moved = Organization.Evolve(Created(Acme), new OrganizationEvent.Moved(Us));
        Assert.Equal(Us, moved.Home);
        Assert.Empty(Accepted(moved, new OrganizationCommand.Move(Us)));
        Assert.Equal(RefusalCodes.OrganizationMoved, Refused(moved, new OrganizationCommand.Move(RegionName.Parse("ap"))));
        Assert.Equal(RefusalCodes.OrganizationMoved, Refused(moved, new OrganizationCommand.RevokeToken("t")));
        Assert.Equal(RefusalCodes.RegionUnknown, Refused(moved, new OrganizationCommand.Settle(Eu)));
        Assert.Throws<InvalidOperationException>(() => Organization.Evolve(moved, new OrganizationEvent.TokenCreated(new AccessToken("t", default, "t"))));
    }

    [Fact]
    public void The_new_home_settles_once_and_decides_and_it_may_come_back()
    {
        var moved = Organization.Evolve(Created(Acme), new OrganizationEvent.Moved(Us));
        var settled = Organization.Evolve(moved, Assert.Single(Accepted(moved, new OrganizationCommand.Settle(Us))));
        Assert.Equal((Us, null), (settled.Home, settled.MovingTo));
        Assert.Empty(Accepted(settled, new OrganizationCommand.Settle(Us)));
        Assert.Equal(RefusalCodes.TokenUnknown, Refused(settled, new OrganizationCommand.RevokeToken("t")));
        Assert.Equal(new OrganizationEvent.Moved(Eu), Assert.Single(Accepted(settled, new OrganizationCommand.Move(Eu))));
    }

    [Fact]
    public void One_without_a_region_in_its_id_stays() =>
        Assert.Equal(RefusalCodes.RegionUnknown, Refused(Created(OrganizationId.Parse("acme")), new OrganizationCommand.Move(Us)));

    private static OrganizationState Created(OrganizationId id) => Organization.Evolve(
        OrganizationState.Initial, new OrganizationEvent.Created(id, Given.Pools));

    private static IEnumerable<OrganizationEvent> Accepted(OrganizationState state, OrganizationCommand command) =>
        Assert.IsType<Decision<OrganizationEvent>.Accepted>(Organization.Decide(state, command, Now)).Events;

    private static string Refused(OrganizationState state, OrganizationCommand command) =>
        Assert.IsType<Decision<OrganizationEvent>.Rejected>(Organization.Decide(state, command, Now)).Reason.Code;
}
