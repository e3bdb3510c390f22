using System.Data.Common;
using System.Diagnostics;
using MeshActors.Gameday.Clients;
using MeshActors.Gameday.Sites;

namespace MeshActors.Gameday;

/// <summary>What one schedule came to.</summary>
/// <param name="Faults">Promises that were not kept.</param>
internal sealed record Verdict(ulong Seed, string Story, TimeSpan Took, TimeSpan HealTook, Counts Counts, IReadOnlyList<string> Faults);

/// <summary>One schedule: churn, faults from the seed, healing, quiet, judgement.</summary>
internal sealed class Schedule(Site site, Fleet fleet, Ledger ledger, IReadOnlyList<JournalHistory> histories)
{
    private static readonly TimeSpan StormMin = TimeSpan.FromSeconds(2.5);

    /// <summary>A start on a busy machine, the founding of a cluster, and the recovery of everything.</summary>
    private static readonly TimeSpan HealMax = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan RestMax = TimeSpan.FromSeconds(60);

    /// <summary>A push takes milliseconds; a feed that nobody pushes to asks after 5 s.</summary>
    private static readonly TimeSpan PushMax = TimeSpan.FromSeconds(4.5);

    public async Task<Verdict> RunAsync(ulong seed, IReadOnlyList<Step> plan)
    {
        var clock = Stopwatch.StartNew();
        var story = string.Join(", ", plan.Select(step => $"{step.At.TotalSeconds:0.0} s {step.Name}"));
        fleet.Churn();
        var faults = (await Task.WhenAll([StormAsync(), .. plan.Select(InjectAsync)])).OfType<string>().ToList();
        var healing = Stopwatch.StartNew();
        faults.AddRange(await HealAsync());
        await fleet.QuietAsync();
        if (faults.Count == 0)
        {
            faults.AddRange(await RestAsync());
        }

        var healTook = healing.Elapsed;
        var (acknowledged, seen, counts) = ledger.Take();
        faults.AddRange(seen);
        foreach (var (history, team) in histories.Zip(fleet.Teams))
        {
            faults.AddRange(await history.ReadAsync(site.ConnectToJournal));
            faults.AddRange(Oracle.Judge(history, [.. acknowledged.Where(command => command.Organization == team.Name)]));
            faults.AddRange(Oracle.Outcasts(history, AgentsOf(team)));
        }

        return new Verdict(seed, story, clock.Elapsed, healTook, counts, faults);
    }

    private static async Task<string?> StormAsync()
    {
        await Task.Delay(StormMin);
        return null;
    }

    /// <returns>Null, or why it could not be done.</returns>
    private static async Task<string?> InjectAsync(Step step)
    {
        try
        {
            await Task.Delay(step.At);
            await step.InjectAsync();
            return null;
        }
        catch (Exception fault) when (fault is Xunit.Sdk.XunitException or TimeoutException or IOException)
        {
            return $"'{step.Name}' could not be done: {fault.Message}";
        }
    }

    private async Task<List<string>> HealAsync()
    {
        await site.HealAsync();
        var answers = await Task.WhenAll(site.Controllers.Select(controller => site.Readiness.WaitAsync(controller, HealMax)));
        return [.. answers.Select((answer, index) => (answer, index)).Where(a => a.answer is not null)
            .Select(a => $"controller{a.index + 1} is not ready {HealMax.TotalSeconds:0} s after the last fault: {a.answer}")];
    }

    /// <summary>Every gateway stores something in every organization, and all machines have it soon: so there is one cluster.</summary>
    private async Task<List<string>> RestAsync()
    {
        var faults = await UntilAllHaveAllAsync(RestMax, "at rest");
        for (var gateway = 0; gateway < site.Controllers.Count && faults.Count == 0; gateway++)
        {
            await Task.WhenAll(fleet.Teams.Select((team, index) => fleet.Operators[index].CreateKeyAsync(team, gateway, CancellationToken.None)));
            // The first may wait for an entity that learns only by its write that another one lived; the others may not.
            faults = await UntilAllHaveAllAsync(gateway == 0 ? RestMax : PushMax, $"after a change by controller{gateway + 1}");
        }

        return faults;
    }

    private async Task<List<string>> UntilAllHaveAllAsync(TimeSpan patience, string when)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var faults = await LookAsync(when);
            if (faults.Count == 0 || clock.Elapsed > patience)
            {
                return faults;
            }

            await Task.Delay(100);
        }
    }

    private async Task<List<string>> LookAsync(string when)
    {
        try
        {
            return await FindBehindAsync(when);
        }
        catch (DbException fault)
        {
            return [$"{when}, the journal cannot be read: {fault.Message}"];
        }
    }

    private async Task<List<string>> FindBehindAsync(string when)
    {
        var faults = new List<string>();
        foreach (var (history, team) in histories.Zip(fleet.Teams))
        {
            faults.AddRange(await history.ReadAsync(site.ConnectToJournal));
            var map = history.Map;
            faults.AddRange(
                from agent in AgentsOf(team)
                where agent.Out is null && !(agent.IsConnected && agent.Map.Revision == map.Revision && agent.Map.Digest == map.Digest)
                select $"{when}, {agent.Name} of {team.Name} at gateway {agent.Gateway + 1} ({(agent.IsConnected ? "connected" : agent.Node is null ? "not joined" : "not connected")}) has revision {agent.Map.Revision} of {map.Revision}");
        }

        return faults;
    }

    private IEnumerable<AgentClient> AgentsOf(Team team) => fleet.Agents.Where(agent => agent.Organization == team.Name);
}
