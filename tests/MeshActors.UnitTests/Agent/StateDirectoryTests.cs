using System.Text;
using MeshActors.Agent;
using MeshActors.Agent.State;

namespace MeshActors.UnitTests.Agent;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly StateDirectory _state = new(Path.Combine(Path.GetTempPath(), $"meshd-{Guid.CreateVersion7()}"));

    public StateDirectoryTests() => _state.Create();

    public void Dispose() => Directory.Delete(_state.Root, recursive: true);

    [Fact]
    public void A_truncated_identity_is_an_error_that_names_file_and_remedy()
    {
        _state.Write(Identity.File, "{\"name\": \"no"u8);
        var error = Assert.Throws<HostCannotException>(() => Identities.Read(_state));
        Assert.Equal(ExitStatus.HostCannot, error.Status);
        Assert.Contains(_state.PathOf(Identity.File), error.Message, StringComparison.Ordinal);
        Assert.Contains("node replace", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_or_broken_key_of_a_joined_node_is_never_replaced()
    {
        Assert.Throws<HostCannotException>(() => KeyFile.ReadOrCreate(_state, mayCreate: false));
        _state.Write(KeyFile.File, Encoding.ASCII.GetBytes("dHJ1bmNhdGVk"));
        Assert.Throws<HostCannotException>(() => KeyFile.ReadOrCreate(_state, mayCreate: true));
    }

    [Fact]
    public void A_key_is_the_same_when_read_again_and_only_its_owner_reads_it()
    {
        var made = KeyFile.ReadOrCreate(_state, mayCreate: true);
        Assert.Equal(made.Public, KeyFile.ReadOrCreate(_state, mayCreate: false).Public);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_state.PathOf(KeyFile.File)));
        Assert.Equal("***", made.ToString());
    }

    [Fact]
    public void Two_agents_do_not_hold_one_directory()
    {
        using (Assert.IsType<FileStream>(_state.TryLock()))
        {
            Assert.Null(_state.TryLock());
        }

        using var again = _state.TryLock();
        Assert.NotNull(again);
    }

    [Fact]
    public void A_broken_cached_map_is_ignored()
    {
        _state.Write(MeshActors.Agent.Session.MapCache.File, "\u0008"u8);
        Assert.Empty(MeshActors.Agent.Session.MapCache.Read(_state).Nodes);
    }
}
