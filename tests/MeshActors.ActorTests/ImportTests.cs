using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.ActorTests;

/// <summary>A journal that is read as it stands, and brought in elsewhere as it was.</summary>
public sealed class ImportTests(ImportTests.Fixture source) : IClassFixture<ImportTests.Fixture>, IAsyncLifetime, IDisposable
{
    private const int Nodes = 1_200;    // more than three pages of rows

    private readonly List<JournalRow> _rows = source.Rows;
    private readonly TempDirectory _directory = new();
    private MeshHost? _target;

    private IMesh Source => source.Mesh;

    private IMesh Target => _target!.Mesh;

    public async Task InitializeAsync() => _target = await MeshHost.StartAsync(_directory.Path);

    public Task DisposeAsync() => _target!.StopAsync();

    public void Dispose() => _directory.Dispose();

    /// <summary>An organization with a history, which no test changes.</summary>
    public sealed class Fixture : IAsyncLifetime, IDisposable
    {
        private readonly TempDirectory _directory = new();
        private MeshHost? _host;

        internal IMesh Mesh => _host!.Mesh;

        internal List<JournalRow> Rows { get; private set; } = [];

        public async Task InitializeAsync()
        {
            _host = await MeshHost.StartAsync(_directory.Path);
            await Mesh.FoundAsync();
            // Not all at once: a busy machine's journal must answer the last within a call's patience.
            foreach (var wave in Enumerable.Range(0, Nodes).Chunk(50))
            {
                await Task.WhenAll(wave.Select(i => Mesh.JoinedAsync($"n{i}", $"10.{i / 200}.{i % 200}.0/24")));
            }

            Rows = await Mesh.RowsAsync();
        }

        public Task DisposeAsync() => _host!.StopAsync();

        public void Dispose() => _directory.Dispose();
    }

    [Fact]
    public async Task Rows_are_read_whole_or_in_part_and_carry_the_chain()
    {
        Assert.Equal(2 + (3 * Nodes), _rows.Count);
        var replay = new Replay();
        Assert.All(_rows, row => Assert.Null(replay.TryAdd(row, out _)));
        Assert.Equal(MeshMap.Of((await Source.GetAsync(Some.Acme, default))!.State, 0).Digest, MeshMap.Of(replay.State, 0).Digest);
        Rows.SameRows(_rows[999..2001], await Source.RowsAsync(from: 1000, to: 2001));
        Rows.SameRows(_rows[3000..], await Source.RowsAsync(from: 3001));
        Assert.Empty(await Source.RowsAsync(OrganizationId.Parse("nobody")));
    }

    [Fact]
    public async Task An_imported_journal_is_the_same_byte_for_byte_and_the_organization_lives()
    {
        var before = (await Source.GetAsync(Some.Acme, default))!;
        Assert.Null(await Target.ImportAsync(_rows));
        Rows.SameRows(_rows, await Target.RowsAsync());
        Assert.Contains(Some.Acme, (await Target.GetDirectoryAsync(default)).Organizations);

        var after = (await Target.GetAsync(Some.Acme, default))!;
        Assert.Equal(Canonical(before), Canonical(after));
        var node = after.State.Nodes.Values.First();
        await using var agent = await TestAgent.ConnectAsync(Target, Some.Acme, node, MeshMap.Of(before.State, before.Revision));
        await Target.JoinedAsync("late");
        await agent.UntilAsync(map => map.Nodes.Count == Nodes + 1);
        Assert.Equal(0, agent.WholeMaps);
    }

    [Fact]
    public async Task Until_it_is_finished_the_organization_decides_nothing()
    {
        var import = await Target.BeginImportAsync();
        Assert.Null(await import.AddAsync(_rows[..100], default));
        Assert.Equal(RefusalCodes.ImportUnfinished, (await Target.RefusedAsync(Some.Join("a"))).Code);
        var register = await Target.ExecuteAsync(new DirectoryCommand.RegisterOrganization(Some.Acme), Some.Meta(), default);
        Assert.Equal(RefusalCodes.ImportUnfinished, Assert.IsType<CommandReply.Refused>(register).Reason.Code);
        await Assert.ThrowsAsync<MeshUnavailableException>(() => Target.GetAsync(Some.Acme, default));
        Assert.Empty((await Target.GetDirectoryAsync(default)).Organizations);
        Assert.Equal(RefusalCodes.ImportDiffers, (await import.FinishAsync(_rows[^1].Revision, _rows[^1].Hash(), default))?.Code);
        Assert.Equal(100, import.Revision);
        Rows.SameRows(_rows[..100], await Target.RowsAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_234)]
    [InlineData(3_601)]
    public async Task An_import_that_was_interrupted_goes_on_where_it_stopped(int stored)
    {
        var import = await Target.BeginImportAsync();
        foreach (var batch in _rows.Take(stored).Chunk(1000))
        {
            Assert.Null(await import.AddAsync(batch, default));
        }

        await _target!.StopAsync();
        _target = await MeshHost.StartAsync(_directory.Path);
        var again = await Target.BeginImportAsync();
        Assert.Equal(stored, again.Revision);
        Assert.Equal(_rows[stored - 1].Hash(), again.LastHash.ToArray());
        Assert.Null(await Target.ImportAsync(_rows));
        Rows.SameRows(_rows, await Target.RowsAsync());
        Assert.Null(await Target.ImportAsync(_rows));
        Rows.SameRows(_rows, await Target.RowsAsync());
    }

    [Fact]
    public async Task What_does_not_follow_is_refused_and_not_stored()
    {
        var import = await Target.BeginImportAsync();
        Assert.Equal(RefusalCodes.JournalGap, (await import.AddAsync(_rows[1..5], default))?.Code);
        Assert.Null(await import.AddAsync(_rows[..10], default));
        Assert.Equal(RefusalCodes.JournalGap, (await import.AddAsync(_rows[11..20], default))?.Code);

        var replay = new Replay();
        _rows[..10].ForEach(row => Assert.Null(replay.TryAdd(row, out _)));
        var holder = replay.State.Nodes.Values.First(node => node.Allocated.Count > 0);
        var thief = replay.State.Nodes.Values.First(node => node != holder);
        var taken = Rows.Of(11, new OrganizationEvent.PrefixesAllocated(thief.Id, holder.Allocated), _rows[9]);
        Assert.Equal(RefusalCodes.JournalContradiction, (await import.AddAsync([_rows[10] with { Bytes = taken.Bytes, Manifest = taken.Manifest }], default))?.Code);
        Assert.Equal(RefusalCodes.JournalRow, (await import.AddAsync([_rows[10] with { Manifest = "org.node-removed.v1" }], default))?.Code);
        var unchained = Rows.Of(11, new OrganizationEvent.TokenRevoked("t"), _rows[8]);
        Assert.Equal(RefusalCodes.JournalChain, (await import.AddAsync([unchained], default))?.Code);
        Rows.SameRows(_rows[..10], await Target.RowsAsync());
        Assert.Null(await import.AddAsync(_rows[..500], default));
    }

    [Fact]
    public async Task Another_journal_than_the_one_that_was_begun_is_refused_by_its_first_difference()
    {
        var import = await Target.BeginImportAsync();
        Assert.Null(await import.AddAsync(_rows[..10], default));
        var other = Rows.Of(5, new OrganizationEvent.TokenRevoked("t"), _rows[3]);
        var refusal = await import.AddAsync([_rows[3], other, .. _rows[5..20]], default);
        Assert.Equal(RefusalCodes.ImportDiffers, refusal?.Code);
        Assert.Contains("Revision 5 ", refusal!.Message, StringComparison.Ordinal);
        Rows.SameRows(_rows[..10], await Target.RowsAsync());
    }

    [Fact]
    public async Task A_journal_is_imported_under_its_own_name_alone()
    {
        var globex = OrganizationId.Parse("globex");
        Assert.Equal(RefusalCodes.OrganizationMismatch, (await Target.ImportAsync(_rows, globex))?.Code);
        Assert.Empty(await Target.RowsAsync(globex));
    }

    [Fact]
    public async Task An_organization_that_lives_takes_nothing_from_elsewhere()
    {
        Assert.Null(await Target.ImportAsync(_rows[..50]));
        Assert.Equal(RefusalCodes.OrganizationExists, (await Target.ImportAsync(_rows))?.Code);
        await Target.JoinedAsync("own");
        var entity = await Target.BeginImportAsync();
        Assert.True(entity.IsWhole);
        Assert.Null(await entity.AddAsync(_rows[..50], default));
        Assert.Equal(RefusalCodes.ImportDiffers, (await entity.AddAsync(_rows[..60], default))?.Code);
        Rows.SameRows(_rows[..50], (await Target.RowsAsync())[..50]);
    }

    private static byte[] Canonical(OrganizationView view) => SnapshotMapping.Write(view.State, view.Revision, []);
}
