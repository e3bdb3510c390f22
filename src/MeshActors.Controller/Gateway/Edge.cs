using Google.Protobuf.Collections;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Domain;
using MeshActors.Domain.Nodes;

namespace MeshActors.Controller.Gateway;

/// <summary>Lengths, once, where a message comes in. What the texts mean is the domain's to judge.</summary>
internal static class Edge
{
    /// <summary>Longer than any address with a length, so that the domain can still say what is wrong with it.</summary>
    private const int NetworkTextMax = 64;

    private const int VersionTextMax = 64;

    /// <summary>More than a node may have, so that the domain says so with its own code.</summary>
    private const int ItemsMax = 4 * Limits.PrefixesPerNodeMax;

    private const int NameTextMax = 256;

    /// <summary>What no honest agent sends, or null.</summary>
    public static Refusal? Check(JoinRequest request) =>
        request.Protocol != AgentProtocol.Version ? AgentProtocol.Unsupported(request.Protocol)
        : request.PublicKey.Length != PublicKey.SizeBytes ? Malformed($"public_key has {request.PublicKey.Length} bytes, not {PublicKey.SizeBytes}")
        : request.CredentialHash.Length != Domain.Trust.SecretHash.SizeBytes ? Malformed("credential_hash has not 32 bytes")
        : CheckTexts(request.Name, request.AgentVersion, request.Organization)
            ?? CheckNetworks("prefixes", request.Prefixes)
            ?? CheckNetworks("requested_addresses", request.RequestedAddresses);

    public static Refusal? Check(Hello hello) =>
        hello.Protocol != AgentProtocol.Version ? AgentProtocol.Unsupported(hello.Protocol)
        : hello.HaveRevision < 0 ? Malformed("have_revision is negative")
        : hello.HaveRevision > 0 && hello.HaveDigest.Length != 16 ? Malformed("have_digest has not 16 bytes")
        : CheckTexts(hello.Name, hello.AgentVersion, hello.Organization)
            ?? CheckNetworks("prefixes", hello.Prefixes)
            ?? CheckNetworks("requested_addresses", hello.RequestedAddresses);

    /// <summary>The first of them, each cut: a machine with more to say still says the most important.</summary>
    public static ValueList<string> Warnings(RepeatedField<string> warnings) =>
        warnings.Take(NodeActivity.WarningsMax)
            .Select(text => text.Length > NodeActivity.WarningLengthMax ? text[..NodeActivity.WarningLengthMax] : text)
            .ToValueList();

    public static Refusal Malformed(string what) => new(RefusalCodes.RequestMalformed, $"The request is malformed: {what}.");

    private static Refusal? CheckTexts(string name, string version, string organization) =>
        name.Length > NameTextMax ? Malformed($"name has {name.Length} characters")
        : version.Length > VersionTextMax ? Malformed($"agent_version has {version.Length} characters")
        : organization.Length > OrganizationId.TextLengthMax ? Malformed($"organization has {organization.Length} characters")
        : null;

    private static Refusal? CheckNetworks(string field, RepeatedField<string> texts) =>
        texts.Count > ItemsMax ? Malformed($"{field} has {texts.Count} items, more than {ItemsMax}")
        : texts.Any(text => text.Length > NetworkTextMax) ? Malformed($"an item of {field} has more than {NetworkTextMax} characters")
        : null;
}
