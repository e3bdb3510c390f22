using System.Data.Common;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Cluster.Entities;
using MeshActors.Domain;
using MeshActors.Domain.Maps;

namespace MeshActors.ActorTests;

/// <summary>What stands in the file, and what happens when it is not what it should be.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_command_sent_twice_changes_nothing_the_second_time()
    {
        await using var host = await MeshHost.StartAsync(_directory.Path);
        await host.Mesh.FoundAsync();
        var join = Some.Join("a", "10.1.0.0/24");
        var first = await host.Mesh.DoneAsync(join);
        var second = await host.Mesh.DoneAsync(join);
        Assert.Equal(first, second);
        Assert.Equal(first.Revision, Count("org-acme"));
    }

    [Fact]
    public async Task An_organization_that_nobody_created_refuses_and_leaves_no_trace()
    {
        await using var host = await MeshHost.StartAsync(_directory.Path);
        var refusal = await host.Mesh.RefusedAsync(Some.Join("a"));
        Assert.Equal(RefusalCodes.OrganizationUnknown, refusal.Code);
        Assert.Equal(0, Count("org-acme"));
        await host.Mesh.FoundAsync();
        await host.Mesh.JoinedAsync("a");
    }

    [Fact]
    public async Task Snapshots_shorten_recovery_and_never_cost_an_event()
    {
        const int Joins = 3 * SnapshotSchedule.EventsMin;
        UInt128 digest;
        await using (var host = await MeshHost.StartAsync(_directory.Path))
        {
            await host.Mesh.FoundAsync();
            await Task.WhenAll(Enumerable.Range(0, Joins).Select(i => host.Mesh.JoinedAsync($"n{i}")));
            digest = await DigestAsync(host.Mesh);
            await Until.TrueAsync(() => Task.FromResult(Scalar("SELECT COUNT(*) FROM snapshot")), count => count == 2);
        }

        var rows = Count("org-acme");
        Assert.True(rows > Joins, $"{rows} rows");
        await using (var host = await MeshHost.StartAsync(_directory.Path))
        {
            Assert.Equal(digest, await DigestAsync(host.Mesh));
        }

        Execute("DELETE FROM snapshot");
        await using var again = await MeshHost.StartAsync(_directory.Path);
        Assert.Equal(digest, await DigestAsync(again.Mesh));
    }

    [Fact]
    public async Task An_organization_at_rest_takes_a_snapshot_of_what_is_too_little_for_one_in_a_storm()
    {
        long revision;
        await using (var host = await MeshHost.StartAsync(_directory.Path))
        {
            await host.Mesh.FoundAsync();
            await Task.WhenAll(Enumerable.Range(0, SnapshotSchedule.EventsMin / 8).Select(i => host.Mesh.JoinedAsync($"n{i}")));
            revision = (await host.Mesh.GetAsync(Some.Acme, default))!.Revision;
            Assert.Equal(0, Scalar("SELECT COUNT(*) FROM snapshot"));
            await SnapshotAsync(revision);
        }

        // One that recovers as much, and then stores nothing, does the same.
        Execute("DELETE FROM snapshot");
        await using var again = await MeshHost.StartAsync(_directory.Path);
        await again.Mesh.GetAsync(Some.Acme, default);
        await SnapshotAsync(revision);
    }

    private async Task SnapshotAsync(long revision) =>
        await Until.TrueAsync(() => Task.FromResult(Scalar("SELECT COALESCE(MAX(sequence_number), 0) FROM snapshot")), newest => newest == revision);

    [Fact]
    public async Task Rows_of_writers_that_took_turns_are_all_recovered()
    {
        UInt128 digest;
        await using (var host = await MeshHost.StartAsync(_directory.Path))
        {
            await host.Mesh.FoundAsync();
            for (var i = 0; i < 9; i++)
            {
                await host.Mesh.JoinedAsync($"n{i}");
            }

            digest = await DigestAsync(host.Mesh);
        }

        // As an entity leaves them that lived here, there, and here again: the default replay filter drops the last.
        Tamper("UPDATE journal SET writer_uuid = CASE WHEN (sequence_number / 4) % 2 = 0 THEN 'a' ELSE 'b' END WHERE persistence_id = 'org-acme'");
        await using var again = await MeshHost.StartAsync(_directory.Path);
        Assert.Equal(digest, await DigestAsync(again.Mesh));
    }

    [Theory]
    [InlineData("UPDATE journal SET manifest = 'org.from-the-future.v9' WHERE persistence_id = 'org-acme' AND sequence_number = 3")]
    [InlineData("UPDATE journal SET message = x'ffff' WHERE persistence_id = 'org-acme' AND sequence_number = 3")]
    [InlineData("UPDATE journal SET message = (SELECT message FROM journal WHERE persistence_id = 'org-acme' AND sequence_number = 4), manifest = (SELECT manifest FROM journal WHERE persistence_id = 'org-acme' AND sequence_number = 4) WHERE persistence_id = 'org-acme' AND sequence_number = 3")]
    [InlineData("DELETE FROM journal WHERE persistence_id = 'org-acme' AND sequence_number = 3")]
    public async Task A_journal_that_contradicts_itself_stops_its_organization_alone_and_says_so_once(string damage)
    {
        var globex = OrganizationId.Parse("globex");
        await using (var host = await MeshHost.StartAsync(_directory.Path))
        {
            await host.Mesh.FoundAsync();
            await host.Mesh.FoundAsync(globex);
            await host.Mesh.JoinedAsync("a", "10.1.0.0/24");
            await host.Mesh.JoinedAsync("b", "10.2.0.0/24");
        }

        Tamper(damage);
        var rows = Count("org-acme");
        var log = new LogLines();
        await using var damaged = await MeshHost.StartAsync(_directory.Path, log);
        for (var i = 0; i < 5; i++)
        {
            var unavailable = await Assert.ThrowsAsync<MeshUnavailableException>(() => damaged.Mesh.JoinedAsync("c"));
            Assert.Contains("'org-acme'", unavailable.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<MeshUnavailableException>(() => damaged.Mesh.GetAsync(Some.Acme, default));
        }

        var said = await Until.TrueAsync(
            () => Task.FromResult(log.Lines.Where(line => line.Contains("'org-acme'", StringComparison.Ordinal)).ToList()), lines => lines.Count > 0);
        Assert.Single(said);
        Assert.Equal(rows, Count("org-acme"));
        await damaged.Mesh.JoinedAsync(globex, "d");
    }

    [Fact]
    public async Task Overlapping_claims_at_once_have_one_winner_each_round()
    {
        const int Rounds = 1000;
        var random = new Random(20261122);
        await using var host = await MeshHost.StartAsync(_directory.Path);
        await host.Mesh.FoundAsync();
        for (var round = 0; round < Rounds; round++)
        {
            // Four prefixes of different lengths that share the address of this round.
            var address = $"10.{round / 200}.{round % 200}.0";
            var claims = Enumerable.Range(0, 4).Select(i => Some.Join($"r{round}-{i}", $"{address}/{random.Next(24, 31)}"));
            var replies = await Task.WhenAll(claims.Select(claim => host.Mesh.ExecuteAsync(Some.Acme, claim, Some.Meta(), default)));
            Assert.Single(replies.OfType<CommandReply.Done>());
            Assert.All(replies.OfType<CommandReply.Refused>(), refused => Assert.Equal(RefusalCodes.PrefixOverlap, refused.Reason.Code));
        }

        var held = (await host.Mesh.GetAsync(Some.Acme, default))!.State.Nodes.Values.SelectMany(node => node.Allocated).Order().ToList();
        Assert.Equal(Rounds, held.Count);
        Assert.All(held.Zip(held.Skip(1)), pair => Assert.False(pair.Item1.Overlaps(pair.Item2)));
    }

    [Fact]
    public async Task Answers_wait_for_the_disk()
    {
        await using var host = await MeshHost.StartAsync(_directory.Path);
        if (!TestJournal.IsPostgres)
        {
            Assert.Equal("wal", Text("PRAGMA journal_mode"));
        }

        await host.Mesh.FoundAsync();
        var done = await host.Mesh.DoneAsync(Some.Join("a"));
        Assert.Equal(done.Revision, Count("org-acme"));
    }

    [Theory]
    [InlineData("UPDATE journal SET deleted = NOT deleted")]
    [InlineData("DELETE FROM journal")]
    public async Task The_database_itself_refuses_to_change_or_forget_an_event(string attempt)
    {
        await using var host = await MeshHost.StartAsync(_directory.Path);
        await host.Mesh.FoundAsync();
        var rows = Count("org-acme");

        var refused = Assert.ThrowsAny<DbException>(() => Execute(attempt));
        Assert.Contains("append-only", refused.Message, StringComparison.Ordinal);
        Assert.Equal(rows, Count("org-acme"));
    }

    private static async Task<UInt128> DigestAsync(IMesh mesh)
    {
        var view = (await mesh.GetAsync(Some.Acme, default))!;
        return MeshMap.Of(view.State, view.Revision).Digest;
    }

    private long Count(string entity) => Scalar($"SELECT COUNT(*) FROM journal WHERE persistence_id = '{entity}'");

    private long Scalar(string sql) => (long)Run(sql, command => command.ExecuteScalar())!;

    private string Text(string sql) => (string)Run(sql, command => command.ExecuteScalar())!;

    private void Tamper(string sql)
    {
        TestJournal.Unguard(_directory.Path);
        Execute(TestJournal.IsPostgres ? sql.Replace("x'ffff'", "'\\xffff'::bytea", StringComparison.Ordinal) : sql);
    }

    private void Execute(string sql) => Assert.NotEqual(0, Run(sql, command => command.ExecuteNonQuery()));

    private T Run<T>(string sql, Func<DbCommand, T> run) => TestJournal.Run(_directory.Path, sql, run);
}
