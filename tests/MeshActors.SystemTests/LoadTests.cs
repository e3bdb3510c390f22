using Xunit.Abstractions;

namespace MeshActors.SystemTests;

/// <summary>The load generator with a few agents, so that it does not rot; its figures are for a quiet machine and more agents.</summary>
public sealed class LoadTests(ITestOutputHelper output)
{
    /// <summary>It takes one minute, and more on a machine that is busy with other things.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [SystemFact]
    public async Task Every_agent_under_load_has_the_map_of_the_journal()
    {
        var program = Path.Combine(Requirements.Root, "artifacts", "bin", "MeshActors.Benchmarks", "release", "MeshActors.Benchmarks");
        var figures = Path.GetTempFileName();
        try
        {
            await using var load = Command.Start(
                [program, "load", "--agents", "60", "--organizations", "2", "--quick", "--only", "propagation,bytes,storm,whole,fan-out,journal", "--json", figures]);
            var outcome = await load.EndAsync(Patience);
            output.WriteLine(outcome.Text);
            outcome.Succeeded();
            Assert.Contains("\"sound\": true", await File.ReadAllTextAsync(figures), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(figures);
        }
    }
}
