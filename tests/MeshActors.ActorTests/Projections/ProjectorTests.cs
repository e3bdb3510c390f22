using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Projections;
using MeshActors.Domain;

namespace MeshActors.ActorTests.Projections;

/// <summary>The projector of a running process.</summary>
public sealed class ProjectorTests
{
    /// <summary>With a wait after each of them it would take half a minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Many_organizations_that_are_busy_at_once_are_projected_together()
    {
        const int Organizations = 60;
        using var directory = new TempDirectory();
        await using var host = await MeshHost.StartAsync(directory.Path);
        var organizations = Enumerable.Range(0, Organizations).Select(i => OrganizationId.Parse($"o{i}")).ToList();
        await Task.WhenAll(organizations.Select(id => host.Mesh.FoundAsync(id)));
        await UntilProjectedAsync(host, organizations);

        // The first look at all journals, which hurries, is over then.
        await Task.Delay(TimeSpan.FromSeconds(3));
        await Task.WhenAll(organizations.Select(id => host.Mesh.JoinedAsync(id, "a")));
        await UntilProjectedAsync(host, organizations);
    }

    [Theory]
    [InlineData(10, 500)]
    [InlineData(100, 1_900)]
    [InlineData(1_000, 5_000)]
    [InlineData(3_000, 12_000)]
    public void It_rests_for_19_times_as_long_as_it_worked_within_limits(int workedMs, int restsMs) =>
        Assert.Equal(TimeSpan.FromMilliseconds(restsMs), ProjectorActor.GatheringAfter(TimeSpan.FromMilliseconds(workedMs)));

    private static async Task UntilProjectedAsync(MeshHost host, List<OrganizationId> organizations)
    {
        using var late = new CancellationTokenSource(Patience);
        var newest = (await host.Mesh.GetAsync(organizations[0], late.Token))!.Revision;
        while (!IsProjected(await host.Get<ProjectionTables>().AllAsync(late.Token)))
        {
            await Task.Delay(100, late.Token);
        }

        bool IsProjected(IEnumerable<ProjectedView> views) => organizations.All(id =>
            views.Any(view => view.Organization == id && view.State == ViewState.Serving && view.Revision == newest));
    }
}
