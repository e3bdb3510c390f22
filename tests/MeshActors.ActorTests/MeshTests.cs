using MeshActors.ActorTests.Support;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Organizations;

namespace MeshActors.ActorTests;

/// <summary>The whole cluster part through the seam that the gateway uses, on a real SQLite file.</summary>
public sealed class MeshTests
{
    [Fact]
    public async Task What_was_answered_is_there_after_a_restart()
    {
        using var directory = new TempDirectory();
        Node joined;
        await using (var first = await MeshHost.StartAsync(directory.Path))
        {
            await first.Mesh.ExecuteAsync(new DirectoryCommand.RegisterOrganization(Some.Acme), Some.Meta(), default);
            await first.Mesh.FoundAsync();
            joined = await first.Mesh.JoinedAsync("a", "10.1.0.0/24", "fd00:1::/64");
        }

        await using var second = await MeshHost.StartAsync(directory.Path);
        var view = await second.Mesh.GetAsync(Some.Acme, default);
        Assert.NotNull(view);
        Assert.Equal(joined, view.State.Nodes[joined.Id]);
        Assert.Equal([Some.Acme], (await second.Mesh.GetDirectoryAsync(default)).Organizations);
        var refusal = await second.Mesh.RefusedAsync(Some.Join("b", "10.1.0.128/25"));
        Assert.Equal(RefusalCodes.PrefixOverlap, refusal.Code);
    }
}
