using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Gameday.Clients;

namespace MeshActors.Gameday;

/// <summary>Compares what clients were told with what stands in the journal.</summary>
internal static class Oracle
{
    public static IEnumerable<string> Judge(JournalHistory history, IReadOnlyList<Acknowledged> acknowledged)
    {
        var made = Credentials(history);
        var removed = history.Rows.Select(row => row.Event).OfType<OrganizationEvent.NodeRemoved>().Select(e => e.Node).ToHashSet();
        var keys = history.Rows.Select(row => row.Event).OfType<OrganizationEvent.JoinKeyCreated>().GroupBy(e => e.Key.Id).ToDictionary(g => g.Key, g => g.Count());
        foreach (var command in acknowledged)
        {
            var isKept = command switch
            {
                Acknowledged.Joined c => c.Revision <= history.Revision && made.GetValueOrDefault((c.Node, c.Key, c.Credential)) == 1
                    && history.StateAt(c.Revision).Nodes.GetValueOrDefault(c.Node) is { IsRemoved: false } node
                    && node.Key == c.Key && node.Credential == c.Credential && node.Announced == c.Prefixes,
                Acknowledged.Announced c => c.Revision <= history.Revision
                    && history.StateAt(c.Revision).Nodes.GetValueOrDefault(c.Node) is { IsRemoved: false } node && node.Announced == c.Prefixes,
                Acknowledged.Removed c => removed.Contains(c.Node),
                Acknowledged.KeyCreated c => keys.GetValueOrDefault(c.KeyId) == 1,
                _ => throw new System.Diagnostics.UnreachableException(command.GetType().Name),
            };
            if (!isKept)
            {
                yield return $"Acknowledged, and not in the journal once: {command}";
            }
        }
    }

    /// <summary>Machines that were turned away for good although the journal says that they are in.</summary>
    public static IEnumerable<string> Outcasts(JournalHistory history, IEnumerable<AgentClient> agents) =>
        from agent in agents
        where agent is { Out: not null, Node: not null }
            && history.State.Nodes.GetValueOrDefault(agent.Node.Value) is { IsRemoved: false } node && node.Credential == agent.Identity.Credential
        select $"{agent.Name} was turned away ({agent.Out}) and its credential is good.";

    /// <summary>How often each credential was let in: more than once would be a join that was stored twice.</summary>
    private static Dictionary<(NodeId, PublicKey, Domain.Trust.SecretHash), int> Credentials(JournalHistory history)
    {
        var keys = new Dictionary<NodeId, PublicKey>();
        var made = new Dictionary<(NodeId, PublicKey, Domain.Trust.SecretHash), int>();
        foreach (var row in history.Rows)
        {
            switch (row.Event)
            {
                case OrganizationEvent.NodeJoined e:
                    keys[e.Node] = e.Key;
                    Count((e.Node, e.Key, e.Credential));
                    break;
                case OrganizationEvent.NodeReplaced e:
                    keys[e.Node] = e.Key;
                    Count((e.Node, e.Key, e.Credential));
                    break;
                case OrganizationEvent.CredentialChanged e:
                    Count((e.Node, keys[e.Node], e.Credential));
                    break;
            }
        }

        return made;

        void Count((NodeId, PublicKey, Domain.Trust.SecretHash) key) => made[key] = made.GetValueOrDefault(key) + 1;
    }
}
