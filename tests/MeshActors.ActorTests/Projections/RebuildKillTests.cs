using System.Diagnostics;
using MeshActors.ActorTests.Support;
using MeshActors.Benchmarks;
using MeshActors.Cluster.Projections;
using MeshActors.Cluster.Storage;
using MeshActors.Contracts.History;

namespace MeshActors.ActorTests.Projections;

/// <summary>The program that makes a projection anew, killed in the middle: the old one serves on, and the next run ends it.</summary>
public sealed class RebuildKillTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<JournalRow> _rows = [.. JournalGenerator.Rows(52, 100, 30_000)];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_rebuild_that_was_killed_changes_nothing_and_the_next_one_ends()
    {
        var database = TestJournal.In(_directory.Path);
        await JournalSchema.MigrateAsync(database, default);
        Projected.Store(_directory.Path, Some.Acme, _rows);
        var tables = new ProjectionTables(database);
        Assert.Equal(_rows.Count, await new Projecting(database, tables, TimeProvider.System).CatchUpAsync(Some.Acme, default));
        var maintenance = new ProjectionMaintenance(database, TimeProvider.System);
        using var summing = new Summing(tables, TimeProvider.System);
        for (var round = 0; round < 2; round++)
        {
            using var killed = Start();
            await Until.TrueAsync(() => maintenance.StatusAsync(default), all => all.Single().Making > 0 || killed.HasExited);
            killed.Kill();
            await killed.WaitForExitAsync();
            Assert.InRange((await maintenance.StatusAsync(default)).Single().Making ?? 0, 1, _rows.Count);
            await Projected.SameAsync(summing, Some.Acme, _rows);
        }

        using var whole = Start();
        await whole.WaitForExitAsync();
        Assert.Equal(0, whole.ExitCode);
        Assert.Contains("made anew up to revision 30,000", await whole.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Null((await maintenance.StatusAsync(default)).Single().Making);
        await Projected.SameAsync(summing, Some.Acme, _rows);

        // What the killed ones left is gone, too.
        Assert.Equal(_rows.Count, TestJournal.Run(_directory.Path, "SELECT count(*) FROM projected_event", command =>
            Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture)));
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "mesh-controller.dll"), "projections", "rebuild", "--data-dir", _directory.Path },
        };
        if (TestJournal.OptionFor(_directory.Path) is { } url)
        {
            start.ArgumentList.Add("--database");
            start.ArgumentList.Add(url);
        }

        return Process.Start(start)!;
    }
}
