using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

/// <summary>A promise that was not kept.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);

/// <summary>Sees what was acknowledged and what agents were told, and compares it with the journal at the end.</summary>
internal sealed class Oracle(Journal journal)
{
    private readonly List<(Request Request, Outcome.Done Done)> _acknowledged = [];
    private readonly List<(Request Request, Refusal Reason)> _refused = [];
    private readonly HashSet<(long Revision, UInt128 Digest)> _told = [];
    private readonly HashSet<AgentStream> _mustResume = [];

    public int Acknowledged => _acknowledged.Count;

    public void Answered(Request request, Outcome outcome)
    {
        if (outcome is Outcome.Done done)
        {
            _acknowledged.Add((request, done));
        }
        else if (outcome is Outcome.Refused(var reason))
        {
            _refused.Add((request, reason));
        }
    }

    public void Resumed(AgentStream stream, Feed feed)
    {
        if (feed.Knows(stream.Have.Revision, stream.Have.Digest))
        {
            _mustResume.Add(stream);
        }
    }

    public void SentWhole(AgentStream stream)
    {
        if (_mustResume.Contains(stream) || stream.WholeMaps > 1)
        {
            throw new BrokenPromiseException($"Node {stream.Node} got a whole map although the revision of its own, {stream.Have.Revision}, was known.");
        }
    }

    public void Took(AgentStream stream, MeshMap before, MeshMap map)
    {
        _told.Add((map.Revision, map.Digest));
        if (map.Revision < before.Revision && !stream.HasWaited)
        {
            throw new BrokenPromiseException($"Node {stream.Node} had revision {before.Revision} and was led back to {map.Revision}.");
        }
    }

    /// <summary>After all is quiet. The rules here are the journal's and a list's: no code of the controllers is asked who holds what.</summary>
    public void Judge(IEnumerable<Machine> machines)
    {
        var states = Replay();
        OneHolderEach();
        Explained(states);
        foreach (var (request, done) in _acknowledged)
        {
            IsStored(states, request, done);
        }

        foreach (var (request, reason) in _refused)
        {
            Promise(
                states.Exists(state => Organization.Decide(state, request.Command, request.Time) is Decision<OrganizationEvent>.Rejected(var stored) && stored == reason),
                $"#{request.Number} ({request.Command}) was refused with '{reason.Message}', which follows from nothing in the journal.");
        }

        foreach (var (revision, digest) in _told)
        {
            Promise(
                revision < states.Count && MeshMap.Of(states[(int)revision], revision).Digest == digest,
                $"An agent was told a map of revision {revision} that is not the journal's.");
        }

        foreach (var machine in machines)
        {
            if (machine.IsOut)
            {
                Promise(
                    !states[^1].Nodes.TryGetValue(machine.Node!.Value, out var node) || node.IsRemoved || !node.Credential.Matches(machine.Credential),
                    $"Client {machine.Place} was turned away for good, and its credential is good.");
                continue;
            }

            Promise(
                machine.Map.Revision == states.Count - 1 && machine.Map.Digest == MeshMap.Of(states[^1], states.Count - 1).Digest,
                $"Client {machine.Place} ends at revision {machine.Map.Revision} of {states.Count - 1}, or with another map.");
        }
    }

    private List<OrganizationState> Replay()
    {
        var states = new List<OrganizationState> { OrganizationState.Initial };
        foreach (var row in journal.Rows)
        {
            Promise(row.Revision == states.Count, $"The journal has revision {row.Revision} where {states.Count} belongs.");
            states.Add(Organization.Evolve(states[^1], row.Event));
        }

        return states;
    }

    private void OneHolderEach()
    {
        var held = new List<(Prefix Prefix, NodeId Node)>();
        foreach (var row in journal.Rows)
        {
            var (node, prefixes) = row.Event switch
            {
                OrganizationEvent.NodeJoined e => (e.Node, e.Addresses),
                OrganizationEvent.PrefixesAllocated e => (e.Node, e.Prefixes),
                _ => (default, (ValueList<Prefix>)[]),
            };
            foreach (var prefix in prefixes)
            {
                var other = held.FirstOrDefault(h => h.Node != node && h.Prefix.Overlaps(prefix));
                Promise(other == default, $"Revision {row.Revision} gives {prefix} to {node}; {other.Node} holds {other.Prefix}.");
                held.Add((prefix, node));
            }
        }
    }

    /// <summary>What is stored of each command is what it asks for in the state before: so nothing is stored twice, in part or by itself.</summary>
    private void Explained(List<OrganizationState> states)
    {
        for (var first = 0; first < journal.Rows.Count;)
        {
            var request = journal.Rows[first].Request;
            var events = journal.Rows.Skip(first).TakeWhile(row => row.Request == request).Select(row => row.Event).ToList();
            var decision = Organization.Decide(states[first], request.Command, request.Time);
            Promise(
                decision is Decision<OrganizationEvent>.Accepted(var asked) && asked.SequenceEqual(events),
                $"Revision {first + 1} is not what command #{request.Number} ({request.Command.GetType().Name}) asks for there.");
            first += events.Count;
        }
    }

    /// <summary>At the revision that was answered, the command asks for what is already so.</summary>
    private static void IsStored(List<OrganizationState> states, Request request, Outcome.Done done)
    {
        Promise(done.Revision < states.Count, $"#{request.Number} was acknowledged at revision {done.Revision}, and the journal ends at {states.Count - 1}.");
        var state = states[(int)done.Revision];
        Promise(
            Organization.Decide(state, request.Command, request.Time) is Decision<OrganizationEvent>.Accepted({ IsEmpty: true })
            && Equals(Entity.NodeOf(state, request.Command), done.Node),
            $"#{request.Number} ({request.Command}) was acknowledged at revision {done.Revision}, and is not in the journal there.");
    }

    private static void Promise(bool isKept, string sentence)
    {
        if (!isKept)
        {
            throw new BrokenPromiseException(sentence);
        }
    }
}
