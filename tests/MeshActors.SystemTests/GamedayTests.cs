using Xunit.Abstractions;

namespace MeshActors.SystemTests;

/// <summary>A few minutes of the fault suite; for hours of it: sudo deploy/gameday.sh.</summary>
public sealed class GamedayTests(ITestOutputHelper output)
{
    private const string Schedules = "6";

    /// <summary>The kept seeds and a few others, on a machine that is busy with other things.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(9);

    [SystemFact]
    public async Task A_cluster_that_is_broken_again_and_again_keeps_every_promise()
    {
        await using var gameday = Command.Start(
            ["env", "GAMEDAY_BUILT=1", Path.Combine(Requirements.Root, "deploy", "gameday.sh"),
                "--kept", Path.Combine(Requirements.Root, "tests", "MeshActors.Gameday", "seeds.txt"), "--schedules", Schedules]);
        var outcome = await gameday.EndAsync(Patience);
        output.WriteLine(outcome.Output);
        outcome.Succeeded();
    }
}
