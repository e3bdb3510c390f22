using MeshActors.ActorTests.Support;
using MeshActors.Benchmarks;
using MeshActors.Cluster;
using MeshActors.Cluster.Projections;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Organizations;

namespace MeshActors.ActorTests;

/// <summary>The live organization is what its journal says, and nothing else; of this build and of the first.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(20_261_122)]
    public async Task Replay_from_zero_equals_the_live_state_byte_for_byte(int seed)
    {
        const int Wishes = 1_200;    // more than two snapshots
        await using (var host = await MeshHost.StartAsync(_directory.Path))
        {
            await host.Mesh.ExecuteAsync(new DirectoryCommand.RegisterOrganization(Workload.Organization), Some.Meta(), default);
            var workload = new Workload(seed, 40);
            var state = OrganizationState.Initial;
            foreach (var command in Workload.Beginning.Concat(Enumerable.Range(0, Wishes).Select(_ => workload.Next(state))))
            {
                var meta = workload.MetaOf(command);
                foreach (var e in Assert.IsType<Decision<OrganizationEvent>.Accepted>(Organization.Decide(state, command, meta.Time)).Events)
                {
                    state = Organization.Evolve(state, e);
                }

                Assert.IsType<CommandReply.Done>(await host.Mesh.ExecuteAsync(Workload.Organization, command, meta, default));
            }

            await SameAsync(host, Workload.Organization);
        }

        // Recovered from a snapshot and the rows after it, and then without one.
        await using (var again = await MeshHost.StartAsync(_directory.Path))
        {
            await SameAsync(again, Workload.Organization);
        }

        TestJournal.Run(_directory.Path, "DELETE FROM snapshot", command => command.ExecuteNonQuery());
        await using var bare = await MeshHost.StartAsync(_directory.Path);
        await SameAsync(bare, Workload.Organization);
    }

    [Fact]
    public async Task Fields_of_a_later_build_survive_import_and_export()
    {
        var rows = JournalGenerator.Rows(3, 5, 40).ToList();
        for (var i = 0; i < rows.Count; i++)
        {
            var read = JournalMapping.Decode(rows[i].Manifest, rows[i].Bytes.Span);
            var bytes = JournalMapping.Encode(new OrganizationRow(read.Event, read.Meta, i == 0 ? [] : rows[i - 1].Hash()));
            rows[i] = rows[i] with { Bytes = i % 3 == 0 ? [.. bytes, 0xf2, 0x3e, 2, 7, 7] : bytes };    // field 1006
        }

        await using var host = await MeshHost.StartAsync(_directory.Path);
        Assert.Null(await host.Mesh.ImportAsync(rows));
        Rows.SameRows(rows, await host.Mesh.RowsAsync());
        await SameAsync(host, Some.Acme);
    }

    /// <remarks>The file was written by the first version that was, and is never made anew.</remarks>
    [Fact]
    [Trait("Journal", "SQLite")]
    public async Task A_journal_of_the_first_version_opens_is_verified_and_goes_on()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Golden", "journal-v1.db"), _directory.File("mesh.db"));
        await using var host = await MeshHost.StartAsync(_directory.Path);
        var replay = await SameAsync(host, Some.Acme);
        Assert.Equal(FirstVersionRevision, replay.Revision);
        Assert.Equal(FirstVersionHash, Convert.ToHexStringLower(replay.LastHash));
        var directory = await host.Mesh.GetDirectoryAsync(default);
        Assert.Equal([Some.Acme], directory.Organizations);
        Assert.Equal([("d1", false), ("d2", true)], directory.Tokens.Values.Select(token => (token.Token.Id, token.IsRevoked)));
        var kinds = (await host.Mesh.RowsAsync()).Select(row => row.Manifest).Distinct().Count();
        Assert.Equal(FirstVersionKinds, kinds);

        await host.Mesh.DoneAsync(new OrganizationCommand.CreateJoinKey(new JoinKey("now", Some.JoinSecret, Reusable: true, null, null, "")));
        await host.Mesh.DoneAsync(Some.Join("late", "10.200.0.0/24") with { JoinKeyId = "now" });
        await SameAsync(host, Some.Acme);
    }

    private const long FirstVersionRevision = 358;

    /// <summary>One of each that there was; later ones came after it.</summary>
    private const int FirstVersionKinds = 13;

    private const string FirstVersionHash = "24bee163f8573889692301b1119beb7ee08b1008767f49c279cc9b416994d822";

    private static async Task<Replay> SameAsync(MeshHost host, OrganizationId organization)
    {
        var replay = new Replay();
        var rows = await host.Mesh.RowsAsync(organization);
        Assert.All(rows, row => Assert.Null(replay.TryAdd(row, out _)));
        var live = (await host.Mesh.GetAsync(organization, default))!;
        Assert.Equal(live.Revision, replay.Revision);
        Assert.Equal(
            SnapshotMapping.Write(live.State, live.Revision, []), SnapshotMapping.Write(replay.State, replay.Revision, []));
        await Projected.SameAsync(host.Get<Summing>(), organization, rows);
        return replay;
    }
}
