using MeshActors.Domain;

namespace MeshActors.Controller.Gateway;

/// <summary>Every refusal of an agent's call, whatever the transport: counted, and told once for an agent and a code in a while.</summary>
internal sealed partial class AgentRefusals(RefusalLog refusals, ILogger<AgentRefusals> logger)
{
    private const int NameLengthMax = 100;

    /// <summary>A join with a key that may be good.</summary>
    public void JoinRefused(string name, string organization, string joinKey, string peer, Refusal reason)
    {
        if (refusals.Enter(Doors.Join, $"{organization}/{joinKey}/{name}", reason.Code) is { } unsaid)
        {
            NotJoined(name.Length > NameLengthMax ? name[..NameLengthMax] : name, peer, organization, joinKey, reason.Code, unsaid);
        }
    }

    public void TurnedAway(string node, string organization, string peer, Refusal reason)
    {
        if (refusals.Enter(Doors.Stream, $"{organization}/{node}", reason.Code) is { } unsaid)
        {
            NotServed(node, organization, peer, reason.Code, unsaid);
        }
    }

    /// <summary>Of whoever it was.</summary>
    /// <param name="door"><see cref="Doors.Join"/> or <see cref="Doors.Stream"/>.</param>
    public void CallRefused(string door, string peer, Refusal reason)
    {
        if (refusals.Enter(door, peer, reason.Code) is { } unsaid)
        {
            NotTaken(door, peer, reason.Code, reason.Message, unsaid);
        }
    }

    public void EndpointsRefused(NodeId node, OrganizationId organization, string peer, Refusal reason)
    {
        if (refusals.Enter(Doors.Stream, $"{organization}/{node}", reason.Code, $"endpoints {reason.Code}") is { } unsaid)
        {
            NotStored(node, organization, peer, reason.Code, unsaid);
        }
    }

    [LoggerMessage(EventId = 2102, Level = LogLevel.Information, Message = "A join of '{Name}' from {Peer} to organization {Organization} with join key {JoinKey} was refused: {Code} ({Unsaid} like it unsaid).")]
    private partial void NotJoined(string name, string peer, string organization, string joinKey, string code, long unsaid);

    [LoggerMessage(EventId = 2103, Level = LogLevel.Information, Message = "Node {Node} of organization {Organization} from {Peer} was turned away: {Code} ({Unsaid} like it unsaid).")]
    private partial void NotServed(string node, string organization, string peer, string code, long unsaid);

    [LoggerMessage(EventId = 2104, Level = LogLevel.Information, Message = "A call ({Door}) from {Peer} was refused: {Code}: {Sentence} ({Unsaid} like it unsaid)")]
    private partial void NotTaken(string door, string peer, string code, string sentence, long unsaid);

    [LoggerMessage(EventId = 2105, Level = LogLevel.Information, Message = "Endpoints of node {Node} of organization {Organization} from {Peer} were refused: {Code} ({Unsaid} like it unsaid).")]
    private partial void NotStored(NodeId node, OrganizationId organization, string peer, string code, long unsaid);
}
