using System.Globalization;

namespace MeshActors.UnitTests.Simulation;

/// <summary>
/// Random lives of a whole mesh in one process. SIMULATION_SEED=N runs that schedule alone and prints its steps;
/// SIMULATION_SCHEDULES=M runs so many.
/// </summary>
public sealed class SimulationTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Schedules = 10_000;

    /// <summary>A mutant that lives longer than this would get through.</summary>
    private const int MutantSeedsMax = 2_000;

    public static TheoryData<string> MutantNames => [.. Mutants.All.Keys];

    public static TheoryData<ulong> KeptSeeds => [.. Kept.Seeds];

    [Fact]
    public void Every_promise_is_kept_in_every_schedule()
    {
        if (Read("SIMULATION_SEED") is { } only)
        {
            Check((ulong)only, isTold: true);
            return;
        }

        var schedules = Read("SIMULATION_SCHEDULES") ?? Schedules;
        output.WriteLine($"{schedules} schedules, seeds 1 to {schedules}");
        for (var seed = 1UL; seed <= (ulong)schedules; seed++)
        {
            Check(seed, isTold: false);
        }
    }

    [Theory]
    [MemberData(nameof(KeptSeeds))]
    public void Every_promise_is_kept_in_a_schedule_that_once_broke_one(ulong seed) => Check(seed, isTold: false);

    [Theory]
    [MemberData(nameof(MutantNames))]
    public void A_mutant_is_caught_that(string mutant)
    {
        for (var seed = 1UL; seed <= MutantSeedsMax; seed++)
        {
            if (Simulation.Run(seed, Mutants.All[mutant]) is { } fault)
            {
                output.WriteLine($"caught by seed {seed}: {fault}");
                return;
            }
        }

        Assert.Fail($"No seed up to {MutantSeedsMax} catches the mutant that {mutant}.");
    }

    [Fact]
    public void The_same_seed_gives_the_same_schedule()
    {
        var (first, second) = (new List<string>(), new List<string>());
        Simulation.Run(7, Behaviour.Real, first);
        Simulation.Run(7, Behaviour.Real, second);

        Assert.NotEmpty(first);
        Assert.Equal(first, second);
    }

    private void Check(ulong seed, bool isTold)
    {
        var fault = Simulation.Run(seed, Behaviour.Real);
        if (fault is null && !isTold)
        {
            return;
        }

        var trace = new List<string>();
        Simulation.Run(seed, Behaviour.Real, trace);
        trace.ForEach(output.WriteLine);
        Assert.True(fault is null, $"Seed {seed} ({trace.Count} steps, above; again with SIMULATION_SEED={seed}): {fault}");
    }

    private static int? Read(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
