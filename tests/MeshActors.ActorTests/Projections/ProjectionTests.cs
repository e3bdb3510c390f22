using MeshActors.ActorTests.Support;
using MeshActors.Benchmarks;
using MeshActors.Cluster;
using MeshActors.Cluster.Projections;
using MeshActors.Cluster.Storage;
using MeshActors.Contracts.History;

namespace MeshActors.ActorTests.Projections;

/// <summary>Views on a real database, without a mesh: what is projected twice, half, by two at once, or from another journal.</summary>
public sealed class ProjectionTests : IAsyncLifetime, IDisposable
{
    private static readonly List<JournalRow> All = [.. JournalGenerator.Rows(31, 60, 3_500)];

    private readonly TempDirectory _directory = new();
    private readonly JournalDatabase _database;
    private readonly ProjectionTables _tables;
    private readonly Projecting _projecting;
    private readonly Summing _summing;

    public ProjectionTests()
    {
        _database = TestJournal.In(_directory.Path);
        _tables = new ProjectionTables(_database);
        _projecting = new Projecting(_database, _tables, TimeProvider.System);
        _summing = new Summing(_tables, TimeProvider.System);
    }

    public async Task InitializeAsync() => await JournalSchema.MigrateAsync(_database, default);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _summing.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Rows_that_come_again_change_nothing()
    {
        Store(All.Take(1_200));
        var empty = await _tables.BeginAsync(Some.Acme, ViewState.Serving, default);
        var (view, isOwn) = await _projecting.AdvanceAsync(empty, null, default);
        Assert.True(isOwn);
        Assert.Equal(1_200, view.Revision);

        var (again, isOwnAgain) = await _projecting.AdvanceAsync(empty, null, default);
        Assert.False(isOwnAgain);
        Assert.Equal(empty, again);
        Assert.Equal(1_200, await _projecting.CatchUpAsync(Some.Acme, default));
        await SameAsync([.. All.Take(1_200)]);
    }

    [Fact]
    public async Task Projectors_at_once_make_one_view()
    {
        Store(All);
        var others = Enumerable.Range(0, 4).Select(_ => new Projecting(_database, new ProjectionTables(_database), TimeProvider.System)).ToList();
        while ((await Task.WhenAll(others.Select(other => Task.Run(() => other.CatchUpAsync(Some.Acme, default))))).Max() < All.Count)
        {
        }

        await SameAsync(All);
    }

    [Fact]
    public async Task What_fails_in_the_middle_leaves_no_part()
    {
        Store(All);
        var third = Projected.Lines(All).First(line => line.StartsWith("network 2500 ", StringComparison.Ordinal)
            || line.StartsWith("network 2501 ", StringComparison.Ordinal) || line.StartsWith("network 2502 ", StringComparison.Ordinal) || line.StartsWith("network 2503 ", StringComparison.Ordinal));
        var revision = third.Split(' ')[1];
        Execute(TestJournal.IsPostgres
            ? $"""
              CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
              CREATE TRIGGER breaks BEFORE INSERT ON projected_network FOR EACH ROW WHEN (NEW.revision = {revision}) EXECUTE FUNCTION breaks()
              """
            : $"CREATE TRIGGER breaks BEFORE INSERT ON projected_network WHEN NEW.revision = {revision} BEGIN SELECT RAISE(ABORT, 'broken'); END");
        await Assert.ThrowsAsync<MeshUnavailableException>(() => _projecting.CatchUpAsync(Some.Acme, default));
        var view = (await _tables.FindAsync(Some.Acme, ViewState.Serving, default))!;
        Assert.InRange(view.Revision, 20, 2_499);
        Assert.Equal(view.Revision, Scalar("SELECT max(revision) FROM projected_event"));
        Assert.Equal(view.Revision, Scalar("SELECT count(*) FROM projected_event"));

        Execute(TestJournal.IsPostgres ? "DROP TRIGGER breaks ON projected_network" : "DROP TRIGGER breaks");
        Assert.Equal(All.Count, await _projecting.CatchUpAsync(Some.Acme, default));
        await SameAsync(All);
    }

    [Theory]
    [InlineData(900)]
    [InlineData(3_500)]
    public async Task A_journal_that_was_exchanged_is_noticed_and_projected_anew(int length)
    {
        var other = JournalGenerator.Rows(32, 50, length).ToList();
        Store(All);
        await _projecting.CatchUpAsync(Some.Acme, default);
        TestJournal.Unguard(_directory.Path);
        Execute("DELETE FROM journal");
        Store(other);
        Assert.Equal(length, await _projecting.CatchUpAsync(Some.Acme, default));
        await SameAsync(other);
        await _tables.SweepAsync(_ => Task.CompletedTask, default);
        Assert.Equal(length, Scalar("SELECT count(*) FROM projected_event"));
        Assert.Equal(1, Scalar("SELECT count(*) FROM projection"));
    }

    [Theory]
    [InlineData("UPDATE projected_event SET principal_name = 'nobody' WHERE revision = 1700")]
    [InlineData("UPDATE projected_event SET unix_ms = unix_ms + 1 WHERE revision = 1700")]
    [InlineData("DELETE FROM projected_event WHERE revision = 1700")]
    [InlineData("DELETE FROM projected_network WHERE revision = (SELECT min(revision) FROM projected_network WHERE revision > 1700)")]
    [InlineData("UPDATE projected_node SET is_removed = NOT is_removed WHERE node = (SELECT min(encoded.node) FROM (SELECT node FROM projected_node ORDER BY name LIMIT 1) encoded)")]
    [InlineData("DELETE FROM projected_holding WHERE kind = 'announced'")]
    public async Task A_row_that_was_changed_by_hand_is_found_and_gone_after_a_rebuild(string damage)
    {
        if (TestJournal.IsPostgres)
        {
            damage = damage.Replace("min(encoded.node)", "encoded.node", StringComparison.Ordinal);
        }

        Store(All);
        await _projecting.CatchUpAsync(Some.Acme, default);
        var before = await _summing.RunAsync(Some.Acme, null, null, default);
        Assert.Equal(before.Sums.Stretches, (await _summing.RunAsync(Some.Acme, null, null, default)).Sums.Stretches);
        Execute(damage);
        var after = await _summing.RunAsync(Some.Acme, null, null, default);
        Assert.True(before.Sums.Holders != after.Sums.Holders || !before.Sums.Stretches.SequenceEqual(after.Sums.Stretches));

        Assert.Equal(All.Count, await new ProjectionMaintenance(_database, TimeProvider.System).RebuildAsync(Some.Acme, _ => Task.CompletedTask, default));
        await SameAsync(All);
        Assert.Equal(All.Count, Scalar("SELECT count(*) FROM projected_event"));
    }

    [Fact]
    public async Task A_rebuild_that_another_one_takes_over_ends_and_says_so()
    {
        Store(All);
        await _projecting.CatchUpAsync(Some.Acme, default);
        var maintenance = new ProjectionMaintenance(_database, TimeProvider.System);
        var isBegun = false;
        var fault = await Assert.ThrowsAsync<MeshUnavailableException>(() => maintenance.RebuildAsync(Some.Acme, async _ =>
        {
            if (!isBegun)
            {
                isBegun = true;
                await maintenance.RebuildAsync(Some.Acme, _ => Task.CompletedTask, default);
            }
        }, default));
        Assert.Contains("Another process", fault.Message, StringComparison.Ordinal);
        await SameAsync(All);
    }

    [Fact]
    public async Task A_rebuild_goes_in_small_steps_while_another_process_writes_to_the_one_that_both_wait_for()
    {
        Store(All);
        var (steps, before) = (new List<long>(), 0L);
        await new ProjectionMaintenance(_database, TimeProvider.System).RebuildAsync(Some.Acme, at =>
        {
            steps.Add(at - before);
            before = at;
            Execute($"""
                INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, tags, manifest, identifier, writer_uuid)
                SELECT created, deleted, 'org-other', {steps.Count}, message, tags, manifest, identifier, writer_uuid
                FROM journal WHERE persistence_id = 'org-{Some.Acme}' AND sequence_number = 1
                """);
            return Task.CompletedTask;
        }, default);

        Assert.Equal(All.Count, before);
        Assert.InRange(steps.Max(), TestJournal.IsPostgres ? 1_000 : 1, TestJournal.IsPostgres ? All.Count : 20);
    }

    [Fact]
    public async Task A_rebuild_takes_the_place_of_a_view_of_a_longer_journal()
    {
        Store(All);
        await _projecting.CatchUpAsync(Some.Acme, default);
        TestJournal.Unguard(_directory.Path);
        Execute("DELETE FROM journal WHERE sequence_number > 1500");
        Assert.Equal(1_500, await new ProjectionMaintenance(_database, TimeProvider.System).RebuildAsync(Some.Acme, _ => Task.CompletedTask, default));
        await SameAsync([.. All.Take(1_500)]);
    }

    private Task SameAsync(IReadOnlyList<JournalRow> rows) => Projected.SameAsync(_summing, Some.Acme, rows);

    private void Store(IEnumerable<JournalRow> rows) => Projected.Store(_directory.Path, Some.Acme, rows);

    private void Execute(string sql) => TestJournal.Run(_directory.Path, sql, command => command.ExecuteNonQuery());

    private long Scalar(string sql) => TestJournal.Run(_directory.Path, sql, command => Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture));
}
