using System.Diagnostics;
using MeshActors.Agent.Session;
using MeshActors.Benchmarks.Load.Agents;
using MeshActors.Benchmarks.Load.Http2;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain.Maps;

namespace MeshActors.Benchmarks.Load;

/// <summary>What the phases play on: the controller, its organizations, and the agents.</summary>
internal sealed class Stage(LoadOptions options, ControllerUnderLoad controller, Operator @operator, LoadReport report, Progress progress) : IAsyncDisposable
{
    /// <summary>For agents to have what the journal has, after a phase.</summary>
    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(60);

    /// <summary>As the agent's own client begins with.</summary>
    private const int StreamWindowBytes = 64 * 1024;

    private const int SharedBufferBytes = 128 * 1024;
    private const int OwnBufferBytes = 20 * 1024;

    /// <summary>A gateway takes 256 handshakes at once.</summary>
    private const int JoinsAtOnceMax = 200;

    private const int OpeningAtOnce = 200;

    private int _numbered;
    private int _checked;

    public LoadOptions Options => options;

    public ControllerUnderLoad Controller => controller;

    public Operator Operator => @operator;

    public Progress Progress => progress;

    /// <summary>Of the agents, and of all else in this process.</summary>
    public static TimeSpan OwnCpu
    {
        get
        {
            using var own = Process.GetCurrentProcess();
            return own.TotalProcessorTime;
        }
    }

    public Fleet Fleet { get; } = new();

    public Traffic Traffic { get; } = new();

    public List<OrganizationUnderLoad> Organizations { get; } = [];

    public void Report(Figure figure)
    {
        report.Add(figure);
        progress.Clear();
        if (Console.IsErrorRedirected)
        {
            Console.Error.WriteLine($"          {figure.Line().TrimEnd()}");
        }
    }

    /// <summary>What the machine does without a mesh, for a figure that may be there.</summary>
    public void Compare(string phase, string what, double ceiling) => report.Compare(phase, what, ceiling);

    public GrpcTransport OpenTransport() => new(controller.Url, controller.Trust);

    public async Task<OrganizationUnderLoad> CreateOrganizationAsync(string name) => new(name, await @operator.CreateOrganizationAsync(name));

    public SimulatedAgent NewAgent(OrganizationUnderLoad organization) => new(Fleet, organization, Interlocked.Increment(ref _numbered));

    /// <summary>Joins them all, so many at once.</summary>
    /// <returns>Milliseconds of each.</returns>
    public async Task<IReadOnlyList<double>> JoinAsync(IReadOnlyList<SimulatedAgent> agents, int atOnce, CancellationToken stop = default)
    {
        var took = new double[agents.Count];
        var done = 0;
        await JoinAsync(Enumerable.Range(0, agents.Count), index => agents[index], atOnce, (index, time) =>
        {
            took[index] = time.TotalMilliseconds;
            progress.Show(Interlocked.Increment(ref done));
        }, stop);
        return took;
    }

    /// <summary>New agents join the organization, so many at every moment, until it is over or all have joined.</summary>
    /// <returns>How many have.</returns>
    public async Task<int> JoinUntilAsync(OrganizationUnderLoad organization, int count, int atOnce, CancellationToken over)
    {
        var joined = 0;
        await JoinAsync(
            Enumerable.Range(0, count).TakeWhile(_ => !over.IsCancellationRequested),
            _ => NewAgent(organization),
            atOnce,
            (_, _) => Interlocked.Increment(ref joined),
            CancellationToken.None);
        return joined;
    }

    private async Task JoinAsync(
        IEnumerable<int> indices, Func<int, SimulatedAgent> agentAt, int atOnce, Action<int, TimeSpan> joined, CancellationToken stop)
    {
        atOnce = Math.Min(atOnce, JoinsAtOnceMax);
        // One HTTP/2 connection writes one thing at a time.
        var transports = Enumerable.Range(0, Math.Min(4, atOnce)).Select(_ => OpenTransport()).ToList();
        try
        {
            await Parallel.ForEachAsync(indices, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = stop }, async (index, token) =>
            {
                var agent = agentAt(index);
                var request = agent.JoinRequest();
                var began = Stopwatch.GetTimestamp();
                await agent.JoinAsync(transports[index % transports.Count], request, token);
                joined(index, Stopwatch.GetElapsedTime(began));
            });
        }
        finally
        {
            foreach (var transport in transports)
            {
                await transport.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// Connects the fleet. The first of an organization takes the whole map; the others come, as most agents do, with a map
    /// that they have from before: that one.
    /// </summary>
    public async Task ConnectAsync(int connections)
    {
        progress.Begin($"connecting {Fleet.Agents.Count:N0} agents", Fleet.Agents.Count);
        await Fleet.UseAsync(Target(connections), connections);
        await ConnectAsync(Organizations.ConvertAll(organization => organization.Agents[0]));
        foreach (var organization in Organizations)
        {
            organization.Agents.ForEach(agent => agent.Remember(organization.Agents[0].View));
        }

        await ConnectAsync([.. Organizations.SelectMany(organization => organization.Agents.Skip(1))]);
    }

    public async Task ConnectAsync(IReadOnlyList<SimulatedAgent> agents)
    {
        var (begun, before) = (0, Fleet.Current);
        foreach (var agent in agents)
        {
            await agent.ConnectAsync();
            begun++;
            await UntilAsync(() => begun - (Fleet.Current - before) < OpeningAtOnce, "streams do not open");
            progress.Show(Fleet.Current);
        }

        await UntilAsync(() => agents.All(agent => agent.IsCurrent), "not all agents are connected and current");
    }

    /// <summary>Another process of the controller, with no agent connected; their connections are made anew.</summary>
    public async Task RestartAsync(int connections)
    {
        progress.Begin("restarting the controller");
        await Fleet.CloseAsync();
        await controller.StopAsync();
        controller.Launch();
        await controller.ReadyAsync(CancellationToken.None);
        await Fleet.UseAsync(Target(connections), connections);
    }

    /// <summary>They leave, and are agents of the fleet no more.</summary>
    public void Retire(IReadOnlyList<SimulatedAgent> agents)
    {
        foreach (var agent in agents)
        {
            agent.Leave();
            agent.Organization.Agents.Remove(agent);
            Fleet.Agents.Remove(agent);
        }
    }

    /// <summary>Agents that have joined become some of the fleet, on the connections of others.</summary>
    public async Task AddAsync(IReadOnlyList<SimulatedAgent> agents)
    {
        foreach (var agent in agents)
        {
            agent.Link = agent.Organization.Agents[0].Link;
            agent.Remember(agent.Organization.Agents[0].View);
            agent.Organization.Agents.Add(agent);
            Fleet.Agents.Add(agent);
        }

        await ConnectAsync(agents);
    }

    public async Task SettleAsync()
    {
        foreach (var organization in Organizations)
        {
            await SettleAsync(organization);
        }
    }

    /// <summary>Its agents have what its journal has now.</summary>
    public async Task SettleAsync(OrganizationUnderLoad organization)
    {
        var revision = (await @operator.MapOfJournalAsync(organization.Name)).Revision;
        await UntilAsync(() => organization.Agents.TrueForAll(agent => agent.View.Map.Revision >= revision), $"not all agents of {organization.Name} have revision {revision}");
    }

    public async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(began) > SettleMax)
            {
                throw new LoadFailedException(
                    $"After {SettleMax.TotalSeconds:0} s {otherwise}; current: {Fleet.Current}. {string.Join("; ", Fleet.Ends.Select(end => $"{end.Value} times: {end.Key}"))}");
            }

            await Task.Delay(1);
        }
    }

    /// <summary>
    /// The oracle: each agent has the revision and the digest of its organization's journal; and so has a fresh one that is
    /// the agent's own code.
    /// </summary>
    public async Task CheckAsync(string phase)
    {
        progress.Begin($"comparing all maps with the journal, after {phase}", Organizations.Count);
        foreach (var (organization, index) in Organizations.Select((organization, index) => (organization, index)))
        {
            var expected = await @operator.MapOfJournalAsync(organization.Name);
            var began = Stopwatch.GetTimestamp();
            while (organization.Agents.Exists(agent => !Has(agent.View.Map, expected)) && Stopwatch.GetElapsedTime(began) < SettleMax)
            {
                await Task.Delay(5);
            }

            foreach (var agent in organization.Agents.Where(agent => !Has(agent.View.Map, expected)))
            {
                Fleet.Fault($"After {phase}, {agent.Name} of {organization.Name} has revision {agent.View.Map.Revision} with {agent.View.Map.Nodes.Count} nodes and digest {agent.View.Map.Digest:x}; the journal {expected.Revision}, {expected.Nodes.Count} and {expected.Digest:x}.");
            }

            progress.Show(index);
        }

        await CheckFreshAsync(phase, Organizations[0]);
        foreach (var fault in Fleet.Faults)
        {
            report.Fault(fault);
        }

        if (!report.IsSound)
        {
            throw new LoadFailedException($"The maps are wrong after {phase}.");
        }
    }

    public ValueTask DisposeAsync() => Fleet.DisposeAsync();

    public HttpTarget Target(int connections) => new(
        controller.Address, controller.Trust, Traffic, StreamWindowBytes, connections < Fleet.Agents.Count ? SharedBufferBytes : OwnBufferBytes);

    private static bool Has(MeshMap map, MeshMap expected) => map.Revision == expected.Revision && map.Digest == expected.Digest;

    private async Task CheckFreshAsync(string phase, OrganizationUnderLoad organization)
    {
        var expected = await @operator.MapOfJournalAsync(organization.Name);
        await using var transport = OpenTransport();
        using var enough = new CancellationTokenSource(SettleMax);
        // Each time in another's place, which is sent away by it and comes back.
        var agent = organization.Agents[_checked++ % organization.Agents.Count];
        MeshMap? map = null;
        try
        {
            await new MapSession(MeshMap.Empty, new Outbox()).RunAsync(transport, agent.Credential, agent.Hello(), _ => { }, whole =>
            {
                // A whole map may be some revisions old, and a change follows it at once.
                map = whole;
                if (map.Revision >= expected.Revision)
                {
                    enough.Cancel();
                }
            }, enough.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or ControllerUnreachableException)
        {
            // It has the map, or none came.
        }

        if (map is null || !Has(map, expected))
        {
            Fleet.Fault($"After {phase}, a fresh agent of {organization.Name} gets revision {map?.Revision}, digest {map?.Digest:x}; the journal has {expected.Revision}, {expected.Digest:x}.");
        }

        await UntilAsync(() => agent.IsCurrent, "the agent that made way for a fresh one is not back");
    }
}

/// <summary>A phase cannot end as it must.</summary>
internal sealed class LoadFailedException(string message) : Exception(message);
