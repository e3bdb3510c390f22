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
        Command<GetDirectory>(_ => Sender.Tell(DirectoryAnswer.Of(State)));
    }

    public static Props Props(string entityId) => Akka.Actor.Props.Create(() => new DirectoryActor(entityId));

    protected override DirectoryState Evolve(DirectoryState state, DirectoryEvent @event) => Directory.Evolve(state, @event);

    private void Execute(ExecuteDirectory message)
    {
        switch (Directory.Decide(State, message.Command))
        {
            case Decision<DirectoryEvent>.Rejected(var reason):
                Sender.Tell(new CommandReply.Refused(reason));
                break;
            case Decision<DirectoryEvent>.Accepted({ IsEmpty: true }):
                Sender.Tell(new CommandReply.Done(Revision, null));
                break;
            case Decision<DirectoryEvent>.Accepted(var events):
                Store(events, message.Meta, _ => Sender.Tell(new CommandReply.Done(Revision, null)));
                break;
        }
    }
}
