using System.Text.Json.Serialization;

namespace MeshActors.Agent.State;

/// <summary>Who this machine is. Written before the first join, so that a repeated one is the same.</summary>
internal sealed record Identity
{
    public const string File = "identity.json";

    public const string Remedy =
        "Restore it from a backup, or remove the state directory to join as a new node (ask for `meshctl node replace` to keep the addresses).";

    /// <summary>Null until the controller has taken the node in.</summary>
    public string? Organization { get; init; }

    public string? NodeId { get; init; }

    public required string Name { get; init; }

    /// <summary>Where the controllers are, the one used last first.</summary>
    public string[] Servers { get; init; } = [];

    /// <summary>Where else this node is served, as a controller said last.</summary>
    public string[] Gateways { get; init; } = [];

    /// <summary>All gateways that may be tried.</summary>
    [JsonIgnore]
    public IReadOnlyList<Uri> Reachable => [.. Servers.Concat(Gateways).Select(server => new Uri(server)).Distinct()];

    /// <summary>SHA-256 of the CA's key, from the join URL.</summary>
    public string? Pin { get; init; }

    /// <summary>The only CA that is trusted, in PEM, from --ca.</summary>
    public string? Ca { get; init; }

    public required string CredentialSecret { get; init; }

    [JsonIgnore]
    public bool IsJoined => Organization is not null && NodeId is not null;

    /// <summary>Without its secret.</summary>
    public override string ToString() => $"{Name} ({NodeId ?? "not joined"})";
}

/// <summary>What was changed on the host, and how to put it back.</summary>
internal sealed record HostRecord
{
    public const string File = "host.json";

    public const string Remedy = "Remove it; then `meshd down` cannot put kernel settings back.";

    public string Interface { get; init; } = "wg0";

    /// <summary>True from before the interface is made until it carries meshd's mark: then it is meshd's without one.</summary>
    public bool IsMaking { get; init; }

    /// <summary>Kernel settings as they were before meshd forwarded IPv4; null while it did not switch it on.</summary>
    public SortedDictionary<string, string>? BeforeV4 { get; init; }

    public SortedDictionary<string, string>? BeforeV6 { get; init; }

    /// <summary>Docker was there already when meshd switched IPv4 forwarding on: it works without.</summary>
    public bool HadDockerV4 { get; init; }

    public bool HadDockerV6 { get; init; }
}

/// <summary>How the running agent is, for `meshd status`.</summary>
internal sealed record RunRecord
{
    public const string File = "run.json";

    public int Pid { get; init; }

    public string Version { get; init; } = "";

    public DateTimeOffset Started { get; init; }

    public string Interface { get; init; } = "wg0";

    public string Server { get; init; } = "";

    public bool Connected { get; init; }

    /// <summary>Since when it is connected or not.</summary>
    public DateTimeOffset Since { get; init; }

    public string? LastError { get; init; }

    public long Revision { get; init; }

    public long AppliedRevision { get; init; }

    public string[] Prefixes { get; init; } = [];

    public RunWarning[] Warnings { get; init; } = [];

    /// <summary>What the last pass could not do.</summary>
    public string[] Failures { get; init; } = [];
}

internal sealed record RunWarning(string Code, string Message);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Identity))]
[JsonSerializable(typeof(HostRecord))]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class StateJson : JsonSerializerContext;
