using System.Diagnostics;
using MeshActors.Cli.Events;
using MeshActors.Cli.Failures;
using MeshActors.UnitTests.History;

namespace MeshActors.UnitTests.Cli;

/// <summary>Where <c>meshctl events export</c> writes to.</summary>
public sealed class ExportingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("export").FullName;

    private string Target => Path.Combine(_directory, "target");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_file_that_is_there_is_replaced_when_that_is_said()
    {
        var export = await ExportAsync();
        await File.WriteAllTextAsync(Target, "old");
        await Assert.ThrowsAsync<FailureException>(() => WriteAsync(export, force: false));
        Assert.Equal("old", await File.ReadAllTextAsync(Target));

        await WriteAsync(export, force: true);
        Assert.Equal(export, await File.ReadAllBytesAsync(Target));
        Assert.False(FileKind.IsSpecial(Target));
    }

    [Fact]
    public async Task A_pipe_is_written_to_and_stays_one()
    {
        await Process.Start("mkfifo", Target).WaitForExitAsync();
        var export = await ExportAsync();
        var read = Task.Run(() => File.ReadAllBytesAsync(Target));

        await WriteAsync(export, force: true).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(export, await read.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(FileKind.IsSpecial(Target));
    }

    [Theory]
    [InlineData("/dev/null", true)]
    [InlineData("/dev/stdout-that-is-not-there", false)]
    [InlineData("/", false)]
    public void Devices_are_told_from_files_and_directories(string path, bool isSpecial) => Assert.Equal(isSpecial, FileKind.IsSpecial(path));

    [Fact]
    public void A_device_behind_a_link_is_one()
    {
        File.CreateSymbolicLink(Target, "/dev/null");
        Assert.True(FileKind.IsSpecial(Target));
    }

    private static async Task<byte[]> ExportAsync() => await Journals.ExportAsync(Journals.Rows(seed: 5, nodes: 3, events: 20));

    private async Task WriteAsync(byte[] export, bool force)
    {
        await using var source = await Journals.OpenAsync(export);
        await using var progress = new Progress(Journals.Silent, "exported", source.ReadShare);
        await Exporting.RunAsync(source, Target, force, null, null, progress, default);
    }
}
