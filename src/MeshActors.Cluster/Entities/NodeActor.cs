using Akka.Actor;
using MeshActors.Cluster.Messages;
using MeshActors.Domain;
using MeshActors.Domain.Nodes;

namespace MeshActors.Cluster.Entities;

/// <summary>One machine: its sessions, keys and warnings, as feeds saw them.</summary>
public sealed class NodeActor : JournaledEntity<NodeActivityState, NodeEvent>
{
    public NodeActor(string entityId)
        : base("node", $"node-{entityId}", NodeActivityState.Initial, NodeJournal.Codec)
    {
        Command<NodeSeen>(See);
        Command<GetNodeActivity>(_ => Answer(NodeActivityAnswer.Of(Ahead)));
    }

    /// <summary>Both parts have a form that the other cannot contain: a name, and the 36 characters of a UUID.</summary>
    public static string EntityIdOf(OrganizationId organization, NodeId node) => $"{organization}-{node}";

    public static Props Props(string entityId) => Akka.Actor.Props.Create(() => new NodeActor(entityId));

    protected override NodeActivityState Evolve(NodeActivityState state, NodeEvent @event) => NodeActivity.Evolve(state, @event);

    private void See(NodeSeen message)
    {
        // Nothing depends on a note: one too many is not taken.
        var events = NodeActivity.Decide(Ahead, message.Seen);
        if (!events.IsEmpty && !IsOverloaded)
        {
            Store(events, message.Meta);
        }
    }
}
