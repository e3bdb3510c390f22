using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday.Clients;

/// <summary>All clients: machines of several organizations, and an operator for each organization.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private const int TeamCount = 3;
    private const int MachinesPerTeam = 8;

    /// <summary>Of one operator; with the machines' own changes some 15 commands a second, which leaves two cores some air.</summary>
    private const int OperatorPauseMs = 900;

    private readonly CancellationTokenSource _ending = new();
    private readonly List<AgentClient> _agents;
    private readonly List<OperatorClient> _operators;
    private readonly List<Task> _running = [];
    private readonly SemaphoreSlim[] _acting;
    private readonly Dice _dice;
    private volatile bool _isQuiet = true;

    public Fleet(Gateways gateways, Ledger ledger, ulong seed, string token)
    {
        _dice = new Dice(seed);
        _agents = [.. Enumerable.Range(0, TeamCount * MachinesPerTeam)
            .Select(index => new AgentClient(index, gateways, ledger, new Dice(_dice.Next()), () => _isQuiet))];
        _operators = [.. Enumerable.Range(0, TeamCount).Select(_ => new OperatorClient(gateways, ledger, new Dice(_dice.Next()), token))];
        _acting = [.. _operators.Select(_ => new SemaphoreSlim(1))];
    }

    public IReadOnlyList<AgentClient> Agents => _agents;

    public IReadOnlyList<Team> Teams { get; private set; } = [];

    public IReadOnlyList<OperatorClient> Operators => _operators;

    /// <summary>Fresh organizations, so that no journal grows for ever: all machines are new ones there.</summary>
    public async Task MoveAsync(string name)
    {
        var teams = new List<Team>();
        for (var index = 0; index < TeamCount; index++)
        {
            teams.Add(await _operators[index].CreateTeamAsync($"{name}-{index + 1}", _ending.Token));
        }

        Teams = teams;
        foreach (var (agent, index) in _agents.Select((agent, index) => (agent, index)))
        {
            agent.Begin(teams[index % TeamCount]);
        }
    }

    public void Start()
    {
        _running.AddRange(_agents.Select(agent => agent.RunAsync(_ending.Token)));
        _running.AddRange(Enumerable.Range(0, TeamCount).Select(OperateAsync));
    }

    public void Churn() => _isQuiet = false;

    /// <summary>Nobody begins anything new; what was begun is ended.</summary>
    public async Task QuietAsync()
    {
        _isQuiet = true;
        foreach (var turn in _acting)
        {
            await turn.WaitAsync();
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task OperateAsync(int index)
    {
        while (!_ending.IsCancellationRequested)
        {
            await Task.Delay(OperatorPauseMs);
            await _acting[index].WaitAsync();
            try
            {
                if (!_isQuiet)
                {
                    await _operators[index].ActAsync(Teams[index], [.. _agents.Where(agent => agent.Organization == Teams[index].Name)], _ending.Token);
                }
            }
            finally
            {
                _acting[index].Release();
            }
        }
    }
}
