using MeshActors.Cli.Events;
using MeshActors.Cli.Output;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.UnitTests.Domain;
using MeshActors.UnitTests.History;

namespace MeshActors.UnitTests.Cli;

/// <summary>What meshctl makes of rows: moments, filters, differences and stories.</summary>
public sealed class EventToolTests
{
    private readonly List<JournalRow> _rows = [];
    private OrganizationState _state = OrganizationState.Initial;

    [Theory]
    [InlineData("12", true)]
    [InlineData("2026-11-22", true)]
    [InlineData("2026-11-22T03:12", true)]
    [InlineData("2026-11-22 03:12:05", true)]
    [InlineData("2026-11-22T03:12:05.123Z", true)]
    [InlineData("2026-11-22T05:12+02:00", true)]
    [InlineData("0", false)]
    [InlineData("-1", false)]
    [InlineData("yesterday", false)]
    [InlineData("2026-13-01", false)]
    public void A_moment_is_a_revision_or_a_time(string text, bool isOne) => Assert.Equal(isOne, Moment.TryParse(text, out _));

    [Fact]
    public void A_time_is_in_UTC_unless_it_says_otherwise()
    {
        Assert.True(Moment.TryParse("2026-11-22T05:12+02:00", out var there));
        Assert.True(Moment.TryParse("2026-11-22T03:12", out var here));
        Assert.Equal(here, there);
    }

    [Fact]
    public async Task A_replay_stops_at_its_moment()
    {
        Happened(new OrganizationCommand.Create(OrganizationId.Parse("acme"), Given.Pools), new OrganizationCommand.CreateJoinKey(Given.ReusableKey), Given.Join(1), Given.Join(2));
        var export = await Journals.ExportAsync(_rows);
        Assert.Equal(3, (await ReplayAsync(export, new Moment(3, null))).Revision);
        var time = JournalMapping.Decode(_rows[2].Manifest, _rows[2].Bytes.Span).Meta.Time;
        Assert.Equal(3, (await ReplayAsync(export, new Moment(null, time))).Revision);
        Assert.Equal(2, (await ReplayAsync(export, new Moment(null, time.AddMilliseconds(-1)))).Revision);
        Assert.Equal(_rows.Count, (await ReplayAsync(export, null)).Revision);
        await Assert.ThrowsAsync<MeshActors.Cli.Failures.FailureException>(() => ReplayAsync(export, new Moment(99, null)));
    }

    [Fact]
    public async Task A_filter_takes_what_it_names()
    {
        Happened(
            new OrganizationCommand.Create(OrganizationId.Parse("acme"), Given.Pools), new OrganizationCommand.CreateJoinKey(Given.ReusableKey),
            Given.Join(1, "10.1.0.0/24"), Given.Join(2, "10.2.0.0/24"), new OrganizationCommand.RemoveNode(Given.Id(1)));
        Assert.Equal(2, (await ListAsync(All with { Types = ["node-joined"] })).Count);
        Assert.Equal(2, (await ListAsync(All with { Types = ["org.node-joined.v1"] })).Count);
        Assert.Equal(4, (await ListAsync(All with { Node = Given.Id(1) })).Count);
        Assert.Equal(2, (await ListAsync(All with { Network = Given.Net("10.1.0.7") })).Count);
        Assert.Equal(4, (await ListAsync(All with { Network = Given.Net("10.0.0.0/8") })).Count);
        Assert.Equal(_rows.Count, (await ListAsync(All with { Principal = "ops" })).Count);
        Assert.Empty(await ListAsync(All with { Principal = "nobody" }));
        Assert.Equal([2L, 3], (await ListAsync(All with { Since = Time(2), Until = Time(3) })).Select(e => e.Revision));
        await using var source = await Journals.OpenAsync(await Journals.ExportAsync(_rows));
        var last = await EventListing.NewestAsync(source, 1, 0, All with { Types = ["node-joined"] }, 1, default);
        Assert.Contains("node2", Assert.Single(last).Json, StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_says_what_came_went_and_changed()
    {
        Happened(new OrganizationCommand.Create(OrganizationId.Parse("acme"), Given.Pools), new OrganizationCommand.CreateJoinKey(Given.ReusableKey), Given.Join(1), Given.Join(2));
        var before = _state;
        Happened(Given.Announce(1, "10.1.0.0/24"), new OrganizationCommand.RemoveNode(Given.Id(2)), Given.Join(3), new OrganizationCommand.RevokeJoinKey("k1"));
        var found = Differences.Between(before, _state).Select(d => $"{d.Kind} {d.What} {d.Name} {d.Field}").ToList();
        Assert.Equal(
            ["changed node node1 allocated", "changed node node1 announced", "removed node node2 ", "added node node3 ", "changed join-key  state"], found);
        Assert.Empty(Differences.Between(_state, _state));
    }

    [Fact]
    public async Task The_story_of_a_prefix_says_who_held_it_and_who_could_send_to_it()
    {
        Happened(
            new OrganizationCommand.Create(OrganizationId.Parse("acme"), Given.Pools), new OrganizationCommand.CreateJoinKey(Given.ReusableKey),
            Given.Join(2), Given.Join(1, "172.24.0.0/24"), Given.Announce(1), new OrganizationCommand.RemoveNode(Given.Id(1)));
        var story = (await ExplainAsync("172.24.0.7")).Select(e => e.Sentence).ToList();
        Assert.Equal(4, story.Count);
        Assert.Contains("172.24.0.0/24 became node 'node1'", story[0], StringComparison.Ordinal);
        Assert.Contains("the other 1 nodes could send to it", story[1], StringComparison.Ordinal);
        Assert.Contains("no more", story[2], StringComparison.Ordinal);
        Assert.Contains("was removed", story[3], StringComparison.Ordinal);
        Assert.Contains("joined with join key k1 and got 100.64.0.1", (await ExplainAsync("node2"))[0].Sentence, StringComparison.Ordinal);
        Assert.Equal(3, (await ExplainAsync("100.64.0.2")).Count(e => e.Type is "org.node-joined.v1" or "org.node-removed.v1" or "org.created.v1"));
        Assert.Empty(await ExplainAsync("172.25.0.0/24"));
        Assert.All(await ExplainAsync(Given.Id(1).ToString()), e => Assert.Equal("r-1", e.RequestId));
    }

    private static EventFilter All { get; } = new([], null, null, null, null, null);

    private DateTimeOffset Time(long revision) => JournalMapping.Decode(_rows[(int)revision - 1].Manifest, _rows[(int)revision - 1].Bytes.Span).Meta.Time;

    private void Happened(params OrganizationCommand[] commands)
    {
        foreach (var command in commands)
        {
            foreach (var e in ((Decision<OrganizationEvent>.Accepted)Organization.Decide(_state, command, Given.Noon)).Events)
            {
                _state = Organization.Evolve(_state, e);
                var meta = new Meta(Given.Noon.AddMinutes(_rows.Count), new Principal(PrincipalKind.Token, "t1", "ops"), "r-1");
                var bytes = JournalMapping.Encode(new OrganizationRow(e, meta, _rows.Count == 0 ? [] : _rows[^1].Hash()));
                _rows.Add(new JournalRow(_rows.Count + 1, JournalMapping.Manifest(e), bytes));
            }
        }
    }

    private async Task<List<MeshActors.Contracts.Admin.V1.Event>> ListAsync(EventFilter filter)
    {
        await using var source = await Journals.OpenAsync(await Journals.ExportAsync(_rows));
        var events = new List<MeshActors.Contracts.Admin.V1.Event>();
        await foreach (var e in EventListing.ForwardAsync(source, 1, 0, filter, null, default))
        {
            events.Add(e);
        }

        return events;
    }

    private async Task<List<ChapterDocument>> ExplainAsync(string about)
    {
        var story = Story.About(about);
        await ReplayAsync(await Journals.ExportAsync(_rows), null, story.Add);
        return story.Chapters;
    }

    private static async Task<Replay> ReplayAsync(byte[] export, Moment? at, Action<Step>? each = null)
    {
        await using var source = await Journals.OpenAsync(export);
        await using var progress = new Progress(Journals.Silent, "replayed", source.ReadShare);
        return await Verification.ReplayAsync(source, at, progress, each, default);
    }
}
