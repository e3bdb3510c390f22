using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Domain;

namespace MeshActors.ActorTests;

/// <summary>Writes that fail: nobody is told what is not stored, and the same command sent again sets it right.</summary>
public sealed class FaultTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private MeshHost? _host;

    private IMesh Mesh => _host!.Mesh;

    public async Task InitializeAsync()
    {
        var config = _directory.File("faulty.conf");
        await File.WriteAllTextAsync(config, FaultyJournal.Hocon);
        _host = await MeshHost.StartAsync(_directory.Path, null, config);
    }

    public Task DisposeAsync() => _host!.StopAsync();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(FaultyJournal.Fault.Fails, "failed")]
    [InlineData(FaultyJournal.Fault.FailsAfterStoring, "failed")]
    [InlineData(FaultyJournal.Fault.Refuses, "rejected")]
    public async Task A_write_that_fails_once_is_made_good_by_asking_again_and_counted(FaultyJournal.Fault fault, string reason)
    {
        using var counted = new Counted("mesh.journal.failures", ("kind", "organization"), ("reason", reason));
        var org = OrganizationId.Parse($"org-{fault}".ToLowerInvariant());
        await Mesh.FoundAsync(org);
        var before = (await Mesh.GetAsync(org, default))!.Revision;
        FaultyJournal.Faults[$"org-{org}"] = new([fault]);

        var join = Some.Join("a", "10.1.0.0/24");
        var done = await Mesh.DoneAsync(join, org);
        Assert.Equal(done, await Mesh.DoneAsync(join, org));
        var view = await Until.TrueAsync(() => Mesh.GetAsync(org, default), view => view!.Revision == done.Revision);
        Assert.Equal(done.Node, Assert.Single(view!.State.Nodes.Values));
        Assert.True(done.Revision > before);
        Assert.Equal(RefusalCodes.PrefixOverlap, (await Mesh.RefusedAsync(Some.Join("b", "10.1.0.0/24"), org)).Code);
        Assert.True(counted.Grown >= 1);
    }

    [Fact]
    public async Task A_write_that_always_fails_is_answered_with_unknown_and_shown_to_nobody()
    {
        var org = OrganizationId.Parse("org-dead");
        await Mesh.FoundAsync(org);
        var node = await Mesh.JoinedAsync(org, "a");
        await using var agent = await TestAgent.ConnectAsync(Mesh, org, node);
        var map = await agent.UntilAsync(map => map.Nodes.Count == 1);
        FaultyJournal.Faults[$"org-{org}"] = new(Enumerable.Repeat(FaultyJournal.Fault.Fails, 100));

        var unknown = await Assert.ThrowsAsync<MeshUnavailableException>(() => Mesh.JoinedAsync(org, "b"));
        Assert.Contains("org-dead'", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(map.Revision, (await Mesh.GetAsync(org, default))!.Revision);

        FaultyJournal.Faults[$"org-{org}"] = new();
        await Mesh.JoinedAsync(org, "c");
        await agent.UntilAsync(map => map.Nodes.Values.Any(n => n.Name == "c"));
        Assert.DoesNotContain(agent.Map.Nodes.Values, n => n.Name == "b");
        Assert.Equal(1, agent.WholeMaps);
    }
}
