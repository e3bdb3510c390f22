using System.Diagnostics;
using MeshActors.Domain.Trust;
using MeshActors.Gameday.Clients;
using MeshActors.Gameday.Site;

namespace MeshActors.Gameday;

/// <param name="Schedules">Of the seeds from <paramref name="Seed"/> on, one each.</param>
/// <param name="IsKept">The logs stay.</param>
internal sealed record GamedayOptions(ulong Seed, int Schedules, bool IsKept);

/// <summary>Schedules one after the other on one cluster that lives through all of them.</summary>
internal sealed class Gameday(GamedayOptions options, Report report)
{
    /// <summary>Then the machines move to fresh organizations: journals of some thousand events, with snapshots.</summary>
    private const int SchedulesPerTeams = 10;

    private static readonly TimeSpan FirstStartMax = TimeSpan.FromSeconds(120);

    public async Task<bool> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("gameday").FullName;
        report.Say($"logs in {directory}");
        var isGood = false;
        try
        {
            isGood = await RunAsync(directory);
            return isGood;
        }
        finally
        {
            if (isGood && !options.IsKept)
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private async Task<bool> RunAsync(string directory)
    {
        var clock = Stopwatch.StartNew();
        await using var lab = await Lab.StartAsync(directory);
        foreach (var controller in lab.Controllers)
        {
            if (await lab.Readiness.WaitAsync(controller, FirstStartMax) is { } answer)
            {
                report.Say($"{controller.Address} does not start: {answer}");
                return false;
            }
        }

        report.Say($"three controllers are ready after {clock.Elapsed.TotalSeconds:0.0} s");
        var token = await TokenAsync(lab);
        using var gateways = new Gateways(lab.Controllers, token.Pin!);
        var ledger = new Ledger();
        await using var fleet = new Fleet(gateways, ledger, options.Seed, token.Reveal());
        return await RunAsync(lab, fleet, ledger);
    }

    private async Task<bool> RunAsync(Lab lab, Fleet fleet, Ledger ledger)
    {
        List<JournalHistory> histories = [];
        var mustMove = true;
        for (var number = 0; number < options.Schedules; number++)
        {
            var seed = options.Seed + (ulong)number;
            if (mustMove || number % SchedulesPerTeams == 0)
            {
                await fleet.MoveAsync($"gameday-{seed}");
                histories = [.. fleet.Teams.Select(team => new JournalHistory(team.Name))];
                ledger.Take();
            }

            if (number == 0)
            {
                fleet.Start();
            }

            var verdict = await new Schedule(lab, fleet, ledger, histories).RunAsync(seed);
            report.Add(number + 1, options.Schedules, verdict);
            // What is broken in an organization stays so: the next schedule is not to be blamed for it.
            mustMove = verdict.Faults.Count > 0;
        }

        return report.Conclude();
    }

    /// <summary>Each controller that met an empty database left its own.</summary>
    private static async Task<Bearer> TokenAsync(Lab lab)
    {
        var file = Enumerable.Range(0, lab.Controllers.Count).Select(index => Path.Combine(lab.DataOf(index), "admin.token")).First(File.Exists);
        var text = (await File.ReadAllTextAsync(file)).Trim();
        return Bearer.TryParse(text, Bearer.TokenKind, out var token) ? token : throw new FormatException($"{file} holds no token.");
    }
}
