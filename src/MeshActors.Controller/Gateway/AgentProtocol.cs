using MeshActors.Contracts.Agent.V1;
using MeshActors.Domain;

namespace MeshActors.Controller.Gateway;

/// <summary>Numbers of the agent protocol as a gateway holds to them.</summary>
internal static class AgentProtocol
{
    /// <summary>See agent.proto for the dated history.</summary>
    public const uint Version = 1;

    /// <summary>Bytes of a message from outside: the longest honest Hello (64 prefixes, 8 endpoints) has 5 KB.</summary>
    public const int MessageBytesMax = 64 * 1024;

    /// <summary>From one step of a handshake to the next. A slow satellite link takes two seconds.</summary>
    public static readonly TimeSpan StepDeadline = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Joins under way at once, of which one organization alone may have a half; each is 64 KB at most, and a durable join takes
    /// milliseconds.
    /// </summary>
    public const int PendingJoinsMax = 1024;

    /// <summary>Of these, challenged, decided and stored at once: with half of it one organization alone joins 1,000 a second.</summary>
    public const int ServedJoinsMax = 32;

    /// <summary>Between two reports of one node that are stored.</summary>
    public static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(Limits.EndpointChangeSecondsMin);

    /// <summary>For what is being written when a stream ends. Longer is an agent that does not read.</summary>
    public static readonly TimeSpan LastWriteGrace = TimeSpan.FromSeconds(3);

    /// <summary>The GoAway of a controller that stops: come back, to it or another.</summary>
    public const string Draining = "draining";

    /// <summary>Where a wrong organization was named, with the remedy.</summary>
    public static Refusal Mismatch(string said, OrganizationId actual) => new(RefusalCodes.OrganizationMismatch,
        $"--org says '{said}', but this key or credential is of organization '{actual}'; leave --org out, or take a join URL of '{said}'.");

    public static Refusal Unsupported(uint version) => new(RefusalCodes.RequestMalformed,
        $"The agent speaks protocol {version} and this controller {Version}; run a meshd of the controller's version.");

    public static GatewayMessage GoAway(Refusal reason, bool final) => new()
    {
        GoAway = new GoAway { Reason = new Refused { Code = reason.Code, Message = reason.Message }, Final = final },
    };
}
