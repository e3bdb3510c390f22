using Akka.Actor;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Regions;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshActors.Cluster.Feeds;

/// <param name="Organizations">The way to the organizations, wherever they are at home.</param>
/// <param name="Notes">Takes what is seen of machines.</param>
/// <param name="GatewayName">This process, as a node's session list shows it.</param>
/// <param name="Others">The cluster's other processes that agents may be connected to.</param>
/// <param name="Journal">Of this region.</param>
internal sealed record FeedSettings(
    IActorRef Organizations, IActorRef Notes, OtherGateways Others, HomeRows Rows, JournalLook Journal, string GatewayName, TimeProvider Time)
{
    /// <summary>Learns here where organizations went.</summary>
    public Homes Homes { get; init; } = new(null);

    /// <summary>Real milliseconds, whatever <see cref="Time"/> says.</summary>
    public Beginnings Beginnings { get; init; } = new(TimeProvider.System);

    public TimeSpan TickInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Between two looks at the journals that have grown: each costs a few milliseconds for some thousand new rows.
    /// </summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A feed that has not reached what stands in the journal after this follows an entity which was overtaken. Longer than
    /// an ordinary question that was lost takes to be asked again.
    /// </summary>
    public TimeSpan OvertakenAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A feed that nobody follows or asks ends after this: its organization may then leave memory too.</summary>
    public TimeSpan IdleMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The same for an organization of another region: with its picture here, its agents can come back while that region
    /// is away. While it is away the picture stays for as long as that takes.
    /// </summary>
    public TimeSpan ForeignIdleMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Callers that need news of a region that is away are told so after this; shorter than operators' clients wait.</summary>
    public TimeSpan AwayMax { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// An agent whose map is newer than this process's waits so long for it to catch up, and keeps its map meanwhile: a
    /// missed message is noticed within <see cref="Subscription.RenewAfter"/>. Then it is led back, as after a restored backup.
    /// </summary>
    public TimeSpan LagMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// From one picture to the next in a burst of changes: each picture costs every stream a message, some 160 ms of a
    /// processor for 10,000. A change that comes alone waits for nothing. Real milliseconds, whatever <see cref="Time"/> says.
    /// </summary>
    public static readonly TimeSpan CompanyMax = TimeSpan.FromMilliseconds(5);

    /// <summary>An agent that takes nothing for so long holds a connection for nothing. Longer than a passing network fault.</summary>
    public TimeSpan StuckMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// An agent that has not applied a revision for so long is stuck, and named. A whole map of 10,000 peers takes one 4 s;
    /// what fails is tried again every 5 s.
    /// </summary>
    public TimeSpan BehindMax { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Before that an agent is only on its way, and no slow one.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets what each feed has.</summary>
    public Replicas Replicas { get; init; } = new();

    /// <summary>Shows what each feed's last tick saw.</summary>
    public FeedGauges Gauges { get; init; } = new();

    public ILogger Logger { get; init; } = NullLogger.Instance;
}

/// <summary>Why a gateway ends a stream, beside the domain's refusal codes. Part of the contract with agents.</summary>
public static class GoAwayCodes
{
    public const string SessionReplaced = "session-replaced";
    public const string TooSlow = "too-slow";
    public const string GoingAway = "going-away";
    public const string AnnounceAgain = "announce-again";
}

internal static class CredentialCheck
{
    /// <summary>Why the credential opens nothing, or null when it is good. </summary>
    /// <remarks>One answer for an unknown organization, node and secret: who holds none of them learns of none.</remarks>
    public static Refusal? Refusal(OrganizationState state, OrganizationId organization, NodeId id, SecretHash presented) =>
        !state.Nodes.TryGetValue(id, out var node) || !node.Credential.Matches(presented) ? new Refusal(
            RefusalCodes.CredentialInvalid, $"Organization '{organization}' knows no such credential; join again with a join URL.")
        : node.IsRemoved ? new Refusal(
            RefusalCodes.NodeRemoved, $"Node '{node.Name}' ({node.Id}) was removed; to bring it back: `meshctl node replace {node.Id}`.")
        : null;
}
