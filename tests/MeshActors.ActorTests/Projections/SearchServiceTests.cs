using Google.Protobuf;
using Grpc.Core;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Benchmarks;
using MeshActors.Cluster.Projections;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;

namespace MeshActors.ActorTests.Projections;

/// <summary>Lists, searches and their sums over the wire, who may not, and a rebuild beside a controller that writes.</summary>
public sealed class SearchServiceTests : IAsyncLifetime, IDisposable
{
    private static readonly List<JournalRow> All = [.. JournalGenerator.Rows(51, 60, 3_500)];

    private readonly TempDirectory _directory = new();
    private RunningController _controller = null!;

    public async Task InitializeAsync()
    {
        _controller = await RunningController.StartAsync(_directory.Path);
        await ImportCall.RunAsync(_controller.Admin, _controller.AsAdmin(), All);
    }

    public async Task DisposeAsync() => await _controller.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_list_is_the_journal_filtered_page_by_page(bool newestFirst)
    {
        var type = EventFilter.ShortType(All[^1].Manifest);
        var expected = All.Where(row => EventFilter.ShortType(row.Manifest) == type).Select(row => row.Revision).ToList();
        var request = new ListEventsRequest { Organization = "acme", Types_ = { type }, NewestFirst = newestFirst, Limit = 37 };
        var found = new List<long>();
        while (true)
        {
            var page = await _controller.Admin.ListEventsAsync(request, _controller.AsAdmin());
            Assert.InRange(page.Events.Count, 0, 37);
            found.AddRange(page.Events.Select(e => e.Revision));
            if (page.NextRevision == 0)
            {
                break;
            }

            _ = newestFirst ? request.ToRevision = page.NextRevision : request.FromRevision = page.NextRevision;
        }

        Assert.Equal(newestFirst ? Enumerable.Reverse(expected) : expected, found);
    }

    [Fact]
    public async Task A_filter_that_makes_no_sense_is_refused()
    {
        Assert.Equal("request-malformed", await RefusedAsync(new ListEventsRequest { Organization = "acme", Limit = 1_001 }));
        Assert.Equal("request-malformed", await RefusedAsync(new ListEventsRequest { Organization = "acme", FromRevision = -1 }));
        Assert.Equal("request-malformed", await RefusedAsync(new ListEventsRequest { Organization = "acme", Node = "n1" }));
        Assert.Equal("request-malformed", await RefusedAsync(new ListEventsRequest { Organization = "acme", Network = "10.0.0.1/8" }));
        Assert.Equal("request-malformed", await RefusedAsync(new ListEventsRequest { Organization = "acme", SinceUnixMs = long.MaxValue }));
        Assert.Equal("request-malformed", await RefusedAsync(new ListEventsRequest { Organization = "acme", Principal = new string('x', 201) }));
        Assert.Equal("organization-unknown", await RefusedAsync(new ListEventsRequest { Organization = "no-such" }));
    }

    [Fact]
    public async Task An_organizations_token_finds_in_its_own_alone()
    {
        var machine = new Machine("n-default");
        await machine.JoinAsync(_controller);
        var token = RunningController.With((await _controller.Admin.CreateTokenAsync(
            new CreateTokenRequest { Organization = "default", Name = "own" }, _controller.AsAdmin())).Secret);

        Assert.Equal(["acme", "default"], (await FindAsync(_controller.AsAdmin())).Select(found => found.Organization).Distinct());
        Assert.Equal([machine.Id.ToString()], (await FindAsync(token)).Select(found => found.NodeId).Distinct());
        Assert.All(await FindAsync(token), found => Assert.Equal("default", found.Organization));
        Assert.Equal(await FindAsync(token), await FindAsync(token, "default"));
        Assert.All(await FindAsync(_controller.AsAdmin(), "acme"), found => Assert.Equal("acme", found.Organization));

        // What another organization has is not even refused in another way than what nobody has.
        var theirs = (await FindAsync(_controller.AsAdmin(), "acme"))[0];
        Assert.Empty((await _controller.Admin.FindAsync(new FindRequest { What = theirs.NodeId }, token)).Found);
        Assert.NotEmpty((await _controller.Admin.FindAsync(new FindRequest { What = theirs.NodeId }, _controller.AsAdmin())).Found);
        foreach (var other in new[] { "acme", "no-such" })
        {
            Assert.Equal("not-allowed", await RefusedAsync(() => FindAsync(token, other)));
            Assert.Equal("not-allowed", await RefusedAsync(async () => await _controller.Admin.ListEventsAsync(new ListEventsRequest { Organization = other }, token)));
            Assert.Equal("not-allowed", await RefusedAsync(async () => await _controller.Admin.GetProjectionAsync(new GetProjectionRequest { Organization = other }, token)));
        }
    }

    [Fact]
    public async Task The_sums_are_those_of_a_replay_until_a_row_is_tampered_with()
    {
        var replay = new Replay();
        var sums = new ProjectionSums();
        foreach (var row in All)
        {
            Assert.Null(replay.TryAdd(row, out var read));
            sums.Add(IndexedEvent.Of(row.Revision, row.Manifest, read!));
        }

        sums.Add(replay.State);
        var projection = await ProjectionAsync();
        Assert.Equal((All.Count, All.Count), (projection.Revision, projection.JournalRevision));
        Assert.Equal(All[^1].Hash(), projection.Hash.ToByteArray());
        Assert.Equal(sums.Stretches, projection.EventSums.Select(Read));
        Assert.Equal(sums.Holders, Read(projection.HolderSum));
        var (verified, said) = await Meshctl.RunAsync(_directory.Path, "--org", "acme", "events", "verify");
        Assert.True(verified == 0, said);

        TestJournal.Run(_directory.Path, "UPDATE projected_event SET principal_name = 'nobody' WHERE revision = 1700", command => command.ExecuteNonQuery());
        Assert.NotEqual(sums.Stretches, (await ProjectionAsync()).EventSums.Select(Read));
        (verified, said) = await Meshctl.RunAsync(_directory.Path, "--org", "acme", "events", "verify");
        Assert.Equal(1, verified);
        Assert.Contains("differ from it: in an event of revisions 1 to 3500", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rebuilds_while_the_organization_writes_lose_nothing_and_take_nothing_twice()
    {
        using var over = new CancellationTokenSource();
        var writes = Task.Run(async () =>
        {
            var count = 0;
            for (; !over.IsCancellationRequested; count++)
            {
                await _controller.Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = "acme" }, _controller.AsAdmin());
            }

            return count;
        });
        var maintenance = new ProjectionMaintenance(TestJournal.In(_directory.Path), TimeProvider.System);
        for (var round = 0; round < 3; round++)
        {
            Assert.InRange(await maintenance.RebuildAsync(Some.Acme, _ => Task.CompletedTask, default), All.Count, long.MaxValue);
        }

        await over.CancelAsync();
        var written = await writes;
        var rows = await ImportCall.ExportAsync(_controller.Admin, _controller.AsAdmin(), "acme");
        Assert.Equal(All.Count + written, rows.Count);
        Assert.True(written > 0);
        await Projected.SameAsync(_controller.Get<Summing>(), Some.Acme, rows);
        var status = await _controller.Admin.GetStatusAsync(new GetStatusRequest(), _controller.AsAdmin());
        Assert.True(status.HasProjectionLag);
    }

    private async Task<Projection> ProjectionAsync() =>
        await _controller.Admin.GetProjectionAsync(new GetProjectionRequest { Organization = "acme" }, _controller.AsAdmin());

    private static UInt128 Read(ByteString sum) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(sum.Span);

    private async Task<List<Found>> FindAsync(Metadata token, string organization = "") =>
        [.. (await Until.TrueAsync(
            async () => await _controller.Admin.FindAsync(new FindRequest { What = "0.0.0.0/0", Organization = organization }, token),
            reply => reply.OrganizationsBehind == 0)).Found];

    private Task<string?> RefusedAsync(ListEventsRequest request) => RefusedAsync(async () => await _controller.Admin.ListEventsAsync(request, _controller.AsAdmin()));

    private static async Task<string?> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).Trailers.GetValue("mesh-code");
}
