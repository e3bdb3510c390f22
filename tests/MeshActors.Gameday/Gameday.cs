using System.Diagnostics;
using MeshActors.Domain.Trust;
using MeshActors.Gameday.Clients;
using MeshActors.Gameday.Sites;
using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday;

/// <param name="Seeds">One schedule each, on the cluster.</param>
/// <param name="DiskSeeds">One schedule each, of a full disk.</param>
/// <param name="ConfigFile">Akka's settings of the cluster's controllers.</param>
/// <param name="IsKept">The logs stay.</param>
/// <param name="EndsWithFirstFailure">No schedule after one that fails.</param>
internal sealed record GamedayOptions(IReadOnlyList<ulong> Seeds, IReadOnlyList<ulong> DiskSeeds, string ConfigFile, bool IsKept, bool EndsWithFirstFailure);

/// <summary>Schedules one after the other on one site that lives through all of them.</summary>
internal sealed class Gameday(GamedayOptions options, Report report)
{
    /// <summary>Then the machines move to fresh organizations: journals of some thousand events, with snapshots.</summary>
    private const int SchedulesPerTeams = 10;

    private static readonly TimeSpan FirstStartMax = TimeSpan.FromSeconds(120);

    public async Task<bool> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("gameday").FullName;
        report.Say($"logs in {directory}");
        if (options.Seeds.Count > 0)
        {
            await using var site = await ClusterSite.StartAsync(directory, options.ConfigFile);
            await RunAsync(site, options.Seeds, seed => Fault.Plan(new Dice(seed), site));
        }

        if (options.DiskSeeds.Count > 0)
        {
            await using var site = await DiskSite.StartAsync(directory);
            await RunAsync(site, options.DiskSeeds, seed => Fault.Plan(new Dice(seed), site));
        }

        var isGood = report.Conclude();
        if (isGood && !options.IsKept)
        {
            // The small disk is still mounted in it; it goes with this process, and the empty directory stays.
            Array.ForEach(Directory.GetFiles(directory), File.Delete);
        }

        return isGood;
    }

    private async Task RunAsync(Site site, IReadOnlyList<ulong> seeds, Func<ulong, IReadOnlyList<Step>> plan)
    {
        var clock = Stopwatch.StartNew();
        foreach (var controller in site.Controllers)
        {
            if (await site.Readiness.WaitAsync(controller, FirstStartMax) is { } answer)
            {
                throw new InvalidOperationException($"The controller {controller.Address} does not start: {answer}");
            }
        }

        report.Say($"{site.Controllers.Count} controllers are ready after {clock.Elapsed.TotalSeconds:0.0} s");
        var token = Bearer.TryParse(await site.ReadTokenAsync(), Bearer.TokenKind, out var read) ? read : throw new FormatException("That is no token.");
        using var gateways = new Gateways(site.Controllers, token.Pin!);
        var ledger = new Ledger();
        await using var fleet = new Fleet(gateways, ledger, seeds[0], token.Reveal());
        await RunAsync(site, fleet, ledger, seeds, plan);
    }

    private async Task RunAsync(Site site, Fleet fleet, Ledger ledger, IReadOnlyList<ulong> seeds, Func<ulong, IReadOnlyList<Step>> plan)
    {
        List<JournalHistory> histories = [];
        var mustMove = true;
        for (var number = 0; number < seeds.Count; number++)
        {
            if (mustMove || number % SchedulesPerTeams == 0)
            {
                await fleet.MoveAsync($"gameday-{number}-{seeds[number]}");
                histories = [.. fleet.Teams.Select(team => new JournalHistory(team.Name))];
                ledger.Take();
            }

            if (number == 0)
            {
                fleet.Start();
            }

            var verdict = await new Schedule(site, fleet, ledger, histories).RunAsync(seeds[number], plan(seeds[number]));
            report.Add(number + 1, seeds.Count, verdict);
            // What is broken in an organization stays so: the next schedule is not to be blamed for it.
            mustMove = verdict.Faults.Count > 0;
            if (mustMove && options.EndsWithFirstFailure)
            {
                return;
            }
        }
    }
}
