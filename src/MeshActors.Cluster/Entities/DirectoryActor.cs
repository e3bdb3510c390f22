using Akka.Actor;
using MeshActors.Cluster.Messages;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using Directory = MeshActors.Domain.Directories.Directory;

namespace MeshActors.Cluster.Entities;

/// <summary>The controller's one directory: organizations by name, and its own tokens.</summary>
public sealed class DirectoryActor : JournaledEntity<DirectoryState, DirectoryEvent>
{
    public const string EntityId = "directory";

    public DirectoryActor(string entityId)
        : base("directory", entityId, DirectoryState.Initial, DirectoryJournal.Codec)
    {
        Command<ExecuteDirectory>(Execute);
        Command<GetDirectory>(_ => Answer(DirectoryAnswer.Of(Ahead)));
    }

    public static Props Props(string entityId) => Akka.Actor.Props.Create(() => new DirectoryActor(entityId));

    protected override DirectoryState Evolve(DirectoryState state, DirectoryEvent @event) => Directory.Evolve(state, @event);

    private void Execute(ExecuteDirectory message)
    {
        if (IsOverloaded)
        {
            Sender.Tell(new CommandReply.Refused(Overloaded));
            return;
        }

        switch (Directory.Decide(Ahead, message.Command))
        {
            case Decision<DirectoryEvent>.Rejected(var reason):
                Answer(new CommandReply.Refused(reason));
                break;
            case Decision<DirectoryEvent>.Accepted({ IsEmpty: true }):
                Answer(new CommandReply.Done(AheadRevision, null));
                break;
            case Decision<DirectoryEvent>.Accepted(var events):
                Store(events, message.Meta);
                Answer(new CommandReply.Done(AheadRevision, null));
                break;
        }
    }
}
