using System.Globalization;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using MeshActors.Gameday.Clients;
using MeshActors.Gameday.Sites;
using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday.Drills;

/// <param name="Config">Akka's settings of the controllers.</param>
/// <param name="Rate">Joins a second, over all organizations.</param>
/// <param name="Nodes">That each organization has before.</param>
internal sealed record DrillOptions(string Config, int Rate, int Organizations, int Nodes, int Agents, int Rounds);

/// <summary>Measures what clients notice while controllers die, leave and are replaced: three of them, and a PostgreSQL.</summary>
internal sealed class Drill(DrillOptions options)
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(120);

    /// <summary>Longer than any failover; what comes later belongs to the next round.</summary>
    private static readonly TimeSpan RoundMin = TimeSpan.FromSeconds(8);

    /// <summary>Before each: what a controller that has just started still has to compile belongs to no round.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(15);

    private readonly Dice _dice = new(20261122);
    private readonly List<IReadOnlyList<Gap>> _returnGaps = [];
    private ClusterSite _site = null!;
    private JoinLoad _load = null!;
    private List<SteadyAgent> _agents = [];

    /// <summary>kill -9 of one controller a round.</summary>
    public Task<bool> KillAsync() => RunAsync(round => GoAndReturnAsync(round, "KILL", "kill -9"));

    /// <summary>SIGTERM of one controller a round.</summary>
    public Task<bool> LeaveAsync() => RunAsync(round => GoAndReturnAsync(round, "TERM", "SIGTERM"));

    /// <summary>All three, one after the other, each when the one before it is ready again.</summary>
    public Task<bool> RollAsync() => RunAsync(async _ =>
    {
        var began = _load.Now;
        foreach (var controller in _site.Controllers)
        {
            await controller.TerminateAsync(StartMax);
            await ReadyAsync(controller);
        }

        await Task.Delay(RoundMin);
        return new Round("rolling restart", _load.LongestGapsSince(began));
    });

    /// <summary>
    /// Of any controller, in each second round of the oldest. As a machine that died or is taken away, it returns when the
    /// others have long taken its place: its start is not to be had from the processors that they need for that.
    /// </summary>
    private async Task<Round> GoAndReturnAsync(int round, string signal, string what)
    {
        var isOldest = round % 2 == 0;
        var victim = isOldest ? _site.Controllers.MinBy(controller => controller.StartedAt)! : _dice.Pick(_site.Controllers);
        var gone = _load.Now;
        await victim.GoAsync(signal, StartMax);
        await _load.FlowsAsync(StartMax);
        var gaps = _load.LongestGapsSince(gone);
        var returned = _load.Now;
        await victim.ReturnAsync(StartMax);
        await ReadyAsync(victim);
        await Task.Delay(RoundMin);
        _returnGaps.Add(_load.LongestGapsSince(returned));
        return new Round($"{what} of {(isOldest ? "the oldest" : "any")}", gaps);
    }

    private async Task<bool> RunAsync(Func<int, Task<Round>> roundAsync)
    {
        var directory = Directory.CreateTempSubdirectory("drill").FullName;
        await using var site = _site = await ClusterSite.StartAsync(directory, options.Config);
        foreach (var controller in site.Controllers)
        {
            await ReadyAsync(controller);
        }

        var token = Bearer.TryParse(await site.ReadTokenAsync(), Bearer.TokenKind, out var read) ? read : throw new FormatException("That is no token.");
        using var gateways = new Gateways(site.Controllers, token.Pin!);
        var operations = new OperatorClient(gateways, new Ledger(), _dice, token.Reveal());
        var teams = new List<Team>();
        for (var index = 0; index < options.Organizations; index++)
        {
            teams.Add(await operations.CreateTeamAsync(string.Create(CultureInfo.InvariantCulture, $"drill-{index}"), options.Nodes, CancellationToken.None));
        }

        using var ending = new CancellationTokenSource();
        _load = new JoinLoad(gateways, teams, options.Rate, _dice.Next());
        using var following = new CancellationTokenSource();
        var agents = await StartAgentsAsync(gateways, teams, following.Token);
        var load = _load.RunAsync(ending.Token);
        await Task.Delay(RoundMin);
        var gaps = await RoundsAsync(roundAsync);
        await ending.CancelAsync();
        await load;
        var isGood = await JudgeAsync(teams);
        await following.CancelAsync();
        await Task.WhenAll(agents);
        Print(gaps);
        return isGood;
    }

    private async Task<List<IReadOnlyList<Gap>>> RoundsAsync(Func<int, Task<Round>> roundAsync)
    {
        var gaps = new List<IReadOnlyList<Gap>>();
        for (var round = 0; round < options.Rounds; round++)
        {
            // All have just started before the first.
            await Task.Delay(round == 0 ? Calm * _site.Controllers.Count : Calm);
            var (what, ofRound) = await roundAsync(round);
            gaps.Add(ofRound);
            Say($"{round + 1}/{options.Rounds} {what}: joins of the worst organization waited {ofRound[0]}"
                + $"{(_returnGaps.Count > 0 ? $", and {_returnGaps[^1][0]} while it returned" : "")}; {_load.Joined.Count} joined");
        }

        return gaps;
    }

    private async Task<List<Task>> StartAgentsAsync(Gateways gateways, List<Team> teams, CancellationToken stop)
    {
        var joins = new List<Task<SteadyAgent?>>();
        for (var index = 0; index < options.Agents; index++)
        {
            joins.Add(_load.EnrollAsync(teams[index % teams.Count], gateways, new Dice(_dice.Next())));
            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        }

        _agents = [.. (await Task.WhenAll(joins)).OfType<SteadyAgent>()];
        return [.. _agents.Select(agent => agent.RunAsync(stop))];
    }

    private async Task ReadyAsync(ControllerMachine controller)
    {
        if (await _site.Readiness.WaitAsync(controller, StartMax) is { } answer)
        {
            throw new InvalidOperationException($"The controller {controller.Address} does not start: {answer}");
        }
    }

    /// <summary>Every acknowledged join is in the journal once, and every agent ends with the journal's map.</summary>
    private async Task<bool> JudgeAsync(List<Team> teams)
    {
        var faults = new List<string>();
        foreach (var team in teams)
        {
            var history = new JournalHistory(team.Name);
            faults.AddRange(await history.ReadAsync(_site.ConnectToJournal));
            var stored = history.Rows.Select(row => row.Event).OfType<OrganizationEvent.NodeJoined>().ToLookup(joined => joined.Key, joined => joined.Node);
            faults.AddRange(_load.Joined
                .Where(joined => joined.Organization == team.Name && (stored[joined.Key].Count() != 1 || stored[joined.Key].Single() != joined.Node))
                .Select(joined => $"{joined.Node} of {team.Name} was acknowledged, and is in the journal {stored[joined.Key].Count()} times."));
            foreach (var agent in _agents.Where(agent => agent.Organization == team.Name))
            {
                for (var tries = 0; agent.Map.Revision != history.Revision && tries < 300; tries++)
                {
                    await Task.Delay(100);
                }

                if (agent.Map.Revision != history.Revision || agent.Map.Digest != history.Map.Digest)
                {
                    faults.Add($"An agent of {team.Name} ended at revision {agent.Map.Revision}, the journal at {history.Revision}.");
                }
            }
        }

        faults.ForEach(Say);
        return faults.Count == 0 && _load.Failed == 0;
    }

    private void Print(List<IReadOnlyList<Gap>> gaps)
    {
        Say($"{_load.Joined.Count} joins acknowledged, {_load.Failed} failed; no join answered for {Spread(gaps)}{(_returnGaps.Count > 0 ? $"; while it returned, {Spread(_returnGaps)}" : "")}");
        if (_agents.Count > 0)
        {
            Say($"{_agents.Count} agents: {_agents.Sum(agent => agent.Connections)} connections, {_agents.Sum(agent => agent.WholeMaps)} whole maps after the first, "
                + $"{_agents.Sum(agent => agent.Deltas)} deltas, {_agents.Sum(agent => agent.Bytes) / 1e6:0.0} MB sent to them");
        }
    }

    private static string Spread(List<IReadOnlyList<Gap>> rounds)
    {
        var worst = rounds.Select(gaps => gaps[0].Length).Order().ToList();
        var all = rounds.SelectMany(gaps => gaps).Select(gap => gap.Length).Order().ToList();
        return $"p50 {worst[worst.Count / 2].TotalSeconds:0.00} s, max {worst[^1].TotalSeconds:0.00} s (of {worst.Count}; "
            + $"of each organization p99 {all[(all.Count - 1) * 99 / 100].TotalSeconds:0.00} s)";
    }

    private static void Say(string line) => Console.Out.WriteLine(line);

    /// <param name="Gaps">Of each organization the longest time in which it answered no join, the longest of all first.</param>
    private sealed record Round(string What, IReadOnlyList<Gap> Gaps);
}
