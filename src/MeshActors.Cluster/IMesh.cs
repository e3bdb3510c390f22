using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Projections;
using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster;

/// <summary>
/// The organizations that this process can reach. The gateway's services know nothing else of the cluster.
/// </summary>
/// <remarks>
/// Every call may end in an <see cref="MeshUnavailableException"/>: the outcome is then unknown, and the same command may
/// be sent again.
/// </remarks>
public interface IMesh
{
    /// <summary>Decides and stores; answers after the last event is stored. Tries again by itself for a while.</summary>
    Task<CommandReply> ExecuteAsync(OrganizationId organization, OrganizationCommand command, Meta meta, CancellationToken cancellationToken);

    Task<CommandReply> ExecuteAsync(DirectoryCommand command, Meta meta, CancellationToken cancellationToken);

    Task<DirectoryState> GetDirectoryAsync(CancellationToken cancellationToken);

    /// <summary>The organization as this process's feed has it, or null when there is none of that name.</summary>
    Task<OrganizationView?> GetAsync(OrganizationId organization, CancellationToken cancellationToken);

    /// <summary>The organization's agents that are connected somewhere and do not apply what they are told.</summary>
    Task<IReadOnlyList<NodeLag>> GetLagsAsync(OrganizationId organization, CancellationToken cancellationToken);

    /// <summary>What a machine's own entity remembers of its sessions, keys and warnings.</summary>
    Task<NodeActivityState> GetNodeAsync(OrganizationId organization, NodeId node, CancellationToken cancellationToken);

    /// <summary>The journal's entries from a revision on, in order and without a gap; with follow, never ending.</summary>
    /// <param name="to">The last revision wanted; 0 for the newest at the time of the call.</param>
    IAsyncEnumerable<OrganizationEntry> EventsAsync(
        OrganizationId organization, long from, long to, bool follow, CancellationToken cancellationToken);

    /// <summary>The journal's rows as they are stored, in pages, in order; with to 0 up to the newest. Nothing of them is read or checked.</summary>
    IAsyncEnumerable<IReadOnlyList<JournalRow>> RowsAsync(OrganizationId organization, long from, long to, CancellationToken cancellationToken);

    /// <summary>A page of the events that a filter takes, with all that was stored before the call.</summary>
    Task<EventPage> FindEventsAsync(OrganizationId organization, EventQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Begins to bring in the journal that an organization has elsewhere, or goes on with it. The name is taken from now
    /// on, and nobody reaches the organization until the import is finished.
    /// </summary>
    Task<ImportStart> BeginImportAsync(OrganizationId organization, Meta meta, CancellationToken cancellationToken);

    /// <summary>
    /// The credential's node follows the map from what it has: missed deltas when the feed still holds them, else a
    /// whole map; then every delta. Refuses a credential that the organization does not know. No entity is recovered
    /// and no database is read for it while the feed is warm.
    /// </summary>
    Task<FollowReply> FollowAsync(FollowRequest request, CancellationToken cancellationToken);
}

/// <summary>The outcome of a command is unknown: it may be sent again.</summary>
public class MeshUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

public abstract record CommandReply : IMeshMessage
{
    private CommandReply()
    {
    }

    /// <param name="Revision">The journal's sequence number after the command.</param>
    /// <param name="Node">The node that the command was about, as it is now; null where there is none.</param>
    public sealed record Done(long Revision, Node? Node) : CommandReply;

    public sealed record Refused(Refusal Reason) : CommandReply;
}

/// <summary>One row of an organization's journal.</summary>
/// <param name="Manifest">As <c>org.node-joined.v1</c>.</param>
public sealed record OrganizationEntry(long Revision, Meta Meta, OrganizationEvent Event, string Manifest);

/// <param name="Presence">Of the nodes that are, or were since these processes started, connected to one of the cluster.</param>
public sealed record OrganizationView(long Revision, OrganizationState State, IReadOnlyDictionary<NodeId, Presence> Presence);

/// <summary>What a gateway knows of a node's stream. Never stored in the organization's journal.</summary>
public sealed record Presence(
    bool IsConnected, long AppliedRevision, DateTimeOffset LastSeen, string AgentVersion, string RemoteAddress, ValueList<string> Warnings);

/// <param name="Credential">The hash of the secret that was shown.</param>
/// <param name="HaveRevision">The revision of the map that the agent holds; 0 for none.</param>
/// <param name="HaveDigest">That map's digest; a wrong one is answered with a whole map.</param>
/// <param name="AcceptsPacked">The agent reads PackedChunks in the place of MapChunks.</param>
public sealed record FollowRequest(
    OrganizationId Organization,
    NodeId Node,
    Domain.Trust.SecretHash Credential,
    long HaveRevision,
    UInt128 HaveDigest,
    string AgentVersion,
    string RemoteAddress,
    bool AcceptsPacked);

public abstract record FollowReply
{
    private FollowReply()
    {
    }

    /// <param name="Node">As the feed has it.</param>
    public sealed record Following(IFollowing Stream, Node Node) : FollowReply;

    public sealed record Refused(Refusal Reason) : FollowReply;
}

/// <summary>One agent's place in a feed, for one reader. Dispose it when the agent's stream ends.</summary>
public interface IFollowing : IAsyncDisposable
{
    /// <summary>
    /// The next of the encoded GatewayMessages (MapChunk or PackedChunk, Delta, GoAway), each made once for all agents; false
    /// when there is none now. Bounded: an agent that falls behind gets one delta, or a whole map, in place of what it missed.
    /// </summary>
    bool TryRead(out ReadOnlyMemory<byte> message);

    /// <summary>Of the newest map that there is.</summary>
    long Revision { get; }

    /// <summary>True when there is a next message already.</summary>
    bool HasMore { get; }

    /// <summary>True when the GoAway was read: nothing follows.</summary>
    bool IsOver { get; }

    /// <summary>Completes when there may be something to read, on the thread of who has it. One wait at a time.</summary>
    ValueTask WaitAsync();

    /// <summary>Ends a wait although there is nothing to read.</summary>
    void Wake();

    /// <summary>
    /// Cancelled some seconds after a GoAway, read or not: the caller ends the agent's call, which may hang in a write.
    /// </summary>
    CancellationToken Ended { get; }

    /// <summary>
    /// True when the organization has all that the node announces, as far as this feed knows: the organization need not be
    /// asked. It is, with the feed's next question; where this process was behind, the agent is then sent away to come back.
    /// </summary>
    bool IsKnown(Domain.Organizations.OrganizationCommand.Announce announce);

    /// <summary>The node is about to report other endpoints than it announced.</summary>
    void ReportsEndpoints();

    /// <summary>The agent says that its kernel has this revision.</summary>
    void Applied(long revision);

    void Warn(ValueList<string> warnings);
}
