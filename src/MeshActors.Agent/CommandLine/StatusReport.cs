using System.Text.Json.Serialization;
using MeshActors.Agent.State;

namespace MeshActors.Agent.CommandLine;

/// <summary>What `meshd status` tells, for people and programs alike.</summary>
internal sealed record StatusReport
{
    public required string Node { get; init; }

    public required string NodeId { get; init; }

    public required string Organization { get; init; }

    public required string PublicKey { get; init; }

    public required string[] Addresses { get; init; }

    /// <summary>Announced by this node and granted.</summary>
    public required string[] Prefixes { get; init; }

    public required string Interface { get; init; }

    public required bool InterfaceUp { get; init; }

    public required string Agent { get; init; }

    public required bool AgentRunning { get; init; }

    public required string Version { get; init; }

    public required string Server { get; init; }

    public required bool Connected { get; init; }

    public required DateTimeOffset ConnectionSince { get; init; }

    public string? LastError { get; init; }

    public required long Revision { get; init; }

    public required long AppliedRevision { get; init; }

    public required PeerReport[] Peers { get; init; }

    public required RunWarning[] Warnings { get; init; }

    public required string[] Failures { get; init; }
}

internal sealed record PeerReport
{
    public required string Name { get; init; }

    public required string NodeId { get; init; }

    public required string PublicKey { get; init; }

    public required string[] Addresses { get; init; }

    public required string[] Prefixes { get; init; }

    public required string[] AllowedIps { get; init; }

    /// <summary>Null while WireGuard has none.</summary>
    public string? Endpoint { get; init; }

    public required string[] Candidates { get; init; }

    /// <summary>Null for never.</summary>
    public long? HandshakeAgeSeconds { get; init; }

    public required long ReceivedBytes { get; init; }

    public required long SentBytes { get; init; }

    public required bool Reachable { get; init; }

    /// <summary>Why it is not reachable.</summary>
    public string? Reason { get; init; }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StatusReport))]
internal sealed partial class StatusJson : JsonSerializerContext;
