using System.Collections.Immutable;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Messages;

/// <summary>What a feed saw of a machine. Never answered: the map does not depend on it.</summary>
public sealed record NodeSeen(OrganizationId Organization, NodeId Node, NodeEvent Seen, Meta Meta) : INodeMessage;

public sealed record GetNodeActivity(OrganizationId Organization, NodeId Node) : INodeMessage;

public sealed record NodeActivityAnswer(
    ImmutableArray<NodeSession> Sessions, ValueList<string> Warnings, ImmutableArray<PublicKey> Keys, long AppliedRevision) : IMeshMessage
{
    public static NodeActivityAnswer Of(NodeActivityState state) =>
        new([.. state.Sessions], state.Warnings, [.. state.Keys], state.AppliedRevision);

    public NodeActivityState ToState() => new([.. Sessions], Warnings, [.. Keys], AppliedRevision);
}

public sealed record ExecuteDirectory(DirectoryCommand Command, Meta Meta) : IDirectoryMessage;

public sealed record GetDirectory : IDirectoryMessage
{
    public static readonly GetDirectory Instance = new();
}

public sealed record DirectoryAnswer(ImmutableArray<OrganizationId> Organizations, ImmutableArray<TokenState> Tokens) : IMeshMessage
{
    public static DirectoryAnswer Of(DirectoryState state) => new([.. state.Organizations], [.. state.Tokens.Values]);

    public DirectoryState ToState() => new(
        [.. Organizations],
        Tokens.ToImmutableSortedDictionary(token => token.Token.Id, token => token, StringComparer.Ordinal));
}
