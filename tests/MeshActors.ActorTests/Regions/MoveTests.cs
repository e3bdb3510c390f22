using Grpc.Core;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.ActorTests.Regions;

/// <summary>An organization changes its home.</summary>
public sealed class MoveTests : IAsyncLifetime
{
    private static readonly OrganizationId Id = OrganizationId.Parse(TwoRegions.Organization);
    private static readonly RegionName ToUs = RegionName.Parse("us");

    private TwoRegions _regions = null!;

    private RunningController Eu => _regions.Eu;

    private RunningController Us => _regions.Us;

    public async Task InitializeAsync() => _regions = await TwoRegions.StartAsync();

    public async Task DisposeAsync() => await _regions.DisposeAsync();

    [Fact]
    public async Task It_moves_with_its_journal_and_agents_in_both_regions_notice_nothing()
    {
        using var atEu = await TwoRegions.ConnectAsync(Eu, await _regions.JoinedAsync(Eu, "in-eu"));
        using var atUs = await TwoRegions.ConnectAsync(Us, await _regions.JoinedAsync(Us, "in-us"));
        await atEu.NextAsync(message => message.Chunk is not null);
        await atUs.NextAsync(message => message.Chunk is not null);
        var before = await RowsAsync(Eu);

        await TwoRegions.MoveAsync(Eu, "us");
        await _regions.JoinedAsync(Eu, "after-by-eu");
        await _regions.JoinedAsync(Us, "after-by-us");
        foreach (var stream in new[] { atEu, atUs })
        {
            await DeltasWithAsync(stream, "after-by-eu", "after-by-us");
        }

        var after = await RowsAsync(Us);
        Assert.Equal(before.Select(Text), after.Take(before.Count).Select(Text));
        Assert.Equal(["org.moved.v1", "org.settled.v1"], after.Skip(before.Count).Take(2).Select(row => row.Manifest));
        Assert.Equal("us", (await TwoRegions.ShowAsync(Eu)).Region);
        Assert.Equal("us", (await TwoRegions.ShowAsync(Us)).Region);
        Assert.Equal(after.Select(Text), (await RowsAsync(Eu)).Select(Text));
    }

    [Fact]
    public async Task The_old_home_never_writes_again_whatever_asks_it()
    {
        await TwoRegions.MoveAsync(Us, "us");
        var stored = (await OwnRowsAsync(Eu)).Count;

        // Past every gateway: what a process does that has not heard of the move.
        var reply = await Eu.Get<RegionHome>().ExecuteAsync(
            Contracts.Mapping.RegionMapping.ToWire(Id, Some.Join("late"), Some.Meta()), CancellationToken.None);
        Assert.Equal("us", reply.Moved.Region);
        await Eu.DisposeAsync();
        await _regions.StartEuAsync();
        reply = await Eu.Get<RegionHome>().ExecuteAsync(
            Contracts.Mapping.RegionMapping.ToWire(Id, new OrganizationCommand.Settle(RegionName.Parse("eu")), Some.Meta()), CancellationToken.None);
        Assert.Equal("us", reply.Moved.Region);
        await _regions.JoinedAsync(Eu, "after");

        Assert.Equal(stored, (await OwnRowsAsync(Eu)).Count);
        Assert.Contains((await RowsAsync(Us)).Skip(stored), row => row.Manifest == "org.node-joined.v1");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Interrupted_after_any_step_the_same_move_finishes_it(int steps)
    {
        using var stream = await TwoRegions.ConnectAsync(Us, await _regions.JoinedAsync(Us, "staying"));
        await stream.NextAsync(message => message.Chunk is not null);
        await InterruptedMoveAsync(steps);

        // Both ends start anew, and nobody decides until the move is finished: but nobody is sent away for good either.
        await Eu.DisposeAsync();
        await _regions.StartEuAsync();
        var waiting = new Machine("waiting");
        var refused = await Assert.ThrowsAsync<RpcException>(() => waiting.JoinAsync(Eu, waiting.Request(Eu.JoinKey.Reveal())));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);

        await TwoRegions.MoveAsync(Eu, "us");
        await _regions.JoinedAsync(Eu, "after");
        await DeltasWithAsync(stream, "after");
        var rows = await RowsAsync(Us);
        Assert.Single(rows, row => row.Manifest == "org.moved.v1");
        Assert.Single(rows, row => row.Manifest == "org.settled.v1");
        await TwoRegions.MoveAsync(Us, "us");
        Assert.Equal(rows.Count, (await RowsAsync(Us)).Count);
    }

    [Fact]
    public async Task The_old_home_starts_while_the_new_one_is_away()
    {
        await TwoRegions.MoveAsync(Eu, "us");
        _regions.ToUs.Cut();
        await Eu.DisposeAsync();
        await _regions.StartEuAsync();
        Assert.NotNull(await Eu.Admin.CreateOrganizationAsync(new() { Name = "other" }, Eu.AsAdmin()));

        _regions.ToUs.Restore();
        await _regions.JoinedAsync(Eu, "after");
    }

    [Fact]
    public async Task It_can_come_back_with_what_was_decided_elsewhere()
    {
        await _regions.JoinedAsync(Eu, "first");
        await TwoRegions.MoveAsync(Eu, "us");
        await _regions.JoinedAsync(Eu, "second");
        await TwoRegions.MoveAsync(Eu, "eu");
        await _regions.JoinedAsync(Us, "third");

        Assert.Equal("eu", (await TwoRegions.ShowAsync(Us)).Region);
        var rows = await OwnRowsAsync(Eu);
        Assert.Equal(2, rows.Count(row => row.Manifest == "org.moved.v1"));
        var replay = Replay.From(OrganizationState.Initial, 0, []);
        foreach (var row in rows)
        {
            Assert.Null(replay.TryAdd(row, out _));
        }

        Assert.Equal(3, replay.State.ActiveNodes);
        Assert.Equal(rows.Select(Text), (await RowsAsync(Us)).Select(Text));
    }

    [Fact]
    public async Task A_region_that_is_not_known_or_away_is_refused_before_anything_is_given_up()
    {
        var unknown = await Assert.ThrowsAsync<RpcException>(() => TwoRegions.MoveAsync(Eu, "mars"));
        Assert.Equal("region-unknown", unknown.Trailers.GetValue("mesh-code"));
        _regions.ToUs.Cut();
        var away = await Assert.ThrowsAsync<RpcException>(() => TwoRegions.MoveAsync(Eu, "us"));
        Assert.Equal(StatusCode.Unavailable, away.StatusCode);
        Assert.Equal("eu", (await TwoRegions.ShowAsync(Eu)).Region);
        await _regions.JoinedAsync(Eu, "still");
    }

    // What is left behind by a controller that dies: the fence alone; some rows; all but the settling.
    private async Task InterruptedMoveAsync(int steps)
    {
        var mesh = Eu.Get<IMesh>();
        Assert.IsType<CommandReply.Done>(await mesh.ExecuteAsync(Id, new OrganizationCommand.Move(ToUs), Some.Meta(), default));
        var rows = await OwnRowsAsync(Eu);
        if (steps > 0)
        {
            var begun = Assert.IsType<ImportStart.Begun>(await Us.Get<IMesh>().BeginImportAsync(Id, Some.Meta(), default));
            Assert.Null(await begun.Import.AddAsync([.. rows.Take(steps == 1 ? 2 : rows.Count)], default));
        }
    }

    /// <summary>In one delta or several, and never a whole map.</summary>
    private static async Task DeltasWithAsync(Machine.Stream stream, params string[] names)
    {
        var missing = names.ToHashSet();
        while (missing.Count > 0)
        {
            var message = await stream.NextAsync(message => message.Chunk is not null || message.Delta is not null);
            Assert.NotNull(message.Delta);
            missing.ExceptWith(message.Delta.Upserts.Select(node => node.Name));
        }
    }

    private static Task<List<JournalRow>> RowsAsync(RunningController at) => AllAsync(at.Get<IMesh>().RowsAsync(Id, 1, 0, default));

    /// <summary>What is in that region's own journal.</summary>
    private static async Task<List<JournalRow>> OwnRowsAsync(RunningController at)
    {
        var rows = new List<JournalRow>();
        await foreach (var part in at.Get<RegionHome>().ReadRowsAsync(new() { Organization = Id.Value, FromRevision = 1 }, default))
        {
            rows.AddRange(part.Rows_.Select(row => new JournalRow(row.Revision, row.Manifest, row.Record.Memory)));
        }

        return rows;
    }

    private static async Task<List<JournalRow>> AllAsync(IAsyncEnumerable<IReadOnlyList<JournalRow>> pages)
    {
        var rows = new List<JournalRow>();
        await foreach (var page in pages)
        {
            rows.AddRange(page);
        }

        return rows;
    }

    private static string Text(JournalRow row) => $"{row.Revision} {row.Manifest} {Convert.ToHexString(row.Bytes.Span)}";
}
