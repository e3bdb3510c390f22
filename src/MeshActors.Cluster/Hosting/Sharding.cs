using Akka.Cluster.Sharding;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Messages;

namespace MeshActors.Cluster.Hosting;

/// <summary>Which entity a message is for.</summary>
internal sealed class OrganizationExtractor() : HashCodeMessageExtractor(MeshOptions.Shards)
{
    public override string? EntityId(object message) => (message as IOrganizationMessage)?.Organization.Value;
}

internal sealed class NodeExtractor() : HashCodeMessageExtractor(MeshOptions.Shards)
{
    public override string? EntityId(object message) =>
        message is INodeMessage m ? NodeActor.EntityIdOf(m.Organization, m.Node) : null;
}

internal sealed class DirectoryExtractor() : HashCodeMessageExtractor(MeshOptions.Shards)
{
    public override string? EntityId(object message) => message is IDirectoryMessage ? DirectoryActor.EntityId : null;
}
