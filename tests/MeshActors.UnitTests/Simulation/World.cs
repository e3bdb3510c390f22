using System.Security.Cryptography;
using System.Text;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using MeshActors.UnitTests.Domain;

namespace MeshActors.UnitTests.Simulation;

/// <summary>Controllers, agents and an operator on one journal, with a network, a clock and a database that a seed commands.</summary>
internal sealed partial class World
{
    public const int Database = -1;
    public const int FirstClient = 100;
    private const int ControllerCount = 3;

    public static readonly JoinKey ReusableKey = Given.ReusableKey;

    private static readonly DateTimeOffset Epoch = Given.Noon;

    private readonly List<Envelope> _network = [];
    private readonly HashSet<(int From, int To)> _cut = [];
    private readonly List<string>? _trace;
    private readonly Operator _operator;
    private int _numbers;
    private int _nodes;
    private int _keys;

    public World(ulong seed, Behaviour behaviour, List<string>? trace)
    {
        Dice = new Dice(seed);
        Behaviour = behaviour;
        Journal = new Journal(behaviour);
        Oracle = new Oracle(Journal);
        _trace = trace;
        Controllers = [.. Enumerable.Range(0, ControllerCount).Select(place => new Controller(this, place))];
        Machines = [.. Enumerable.Range(0, 2 + Dice.Below(4)).Select(index => new Machine(this, index))];
        _operator = new Operator(this, FirstClient + Machines.Count);
        Begin(new OrganizationCommand.Create(OrganizationId.Default, Given.Pools), new OrganizationEvent.Created(OrganizationId.Default, Given.Pools));
        Begin(new OrganizationCommand.CreateJoinKey(ReusableKey), new OrganizationEvent.JoinKeyCreated(ReusableKey));
    }

    public Dice Dice { get; }

    public Behaviour Behaviour { get; }

    public Journal Journal { get; }

    public Oracle Oracle { get; }

    public IReadOnlyList<Controller> Controllers { get; }

    public IReadOnlyList<Machine> Machines { get; }

    /// <summary>Milliseconds since the beginning.</summary>
    public long Now { get; private set; }

    public DateTimeOffset Time => Epoch.AddMilliseconds(Now);

    public int NextNumber() => ++_numbers;

    public NodeId NewNode() => Given.Id(++_nodes);

    public PublicKey NewKey() => new(SHA256.HashData(BitConverter.GetBytes(++_keys)));

    public SecretHash NewCredential() => new(SHA256.HashData(Encoding.UTF8.GetBytes($"credential {++_keys}")));

    public JoinKey NewJoinKey(NodeId? replaces)
    {
        var id = $"r{++_keys}";
        return new JoinKey(id, NewCredential(), Reusable: false, null, replaces, "");
    }

    public Entity NewEntity(int place) => new(this, place, NextNumber());

    /// <summary>Some node that is or was in the organization, as the journal knows it.</summary>
    public NodeId? AnyNode()
    {
        var joined = Journal.Rows.Select(row => row.Event).OfType<OrganizationEvent.NodeJoined>().ToList();
        return joined.Count == 0 ? null : Dice.Pick(joined).Node;
    }

    public int? PickReachable()
    {
        var up = Controllers.Select((controller, place) => (controller, place)).Where(c => c.controller is { IsUp: true, IsPaused: false }).ToList();
        return up.Count == 0 ? null : Dice.Pick(up).place;
    }

    public bool Reaches(int from, int to) => !_cut.Contains((from, to));

    public void Send(int from, int to, Message message) => _network.Add(new Envelope(from, to, message));

    public IEnumerable<AgentStream> StreamsOf(int controller) =>
        Machines.Where(machine => machine.Stream is { IsCut: false } stream && stream.Controller == controller).Select(machine => machine.Stream!);

    public void BreakStreamsOf(int controller)
    {
        foreach (var machine in Machines.Where(machine => machine.Stream?.Controller == controller))
        {
            machine.Disconnect();
        }
    }

    private void Begin(OrganizationCommand command, OrganizationEvent @event) =>
        Journal.TryAppend(Journal.Rows.Count + 1, [new Change(@event, new Request(NextNumber(), command, Time))]);

    public void Trace(string line) => _trace?.Add($"{Now,7} {line}");
}
