namespace MeshActors.Contracts.Trust;

/// <summary>What a certificate of the mesh's CA entitles its holder to.</summary>
public enum PeerRole
{
    /// <summary>A controller process: a member of a cluster, or of another region's.</summary>
    Controller,

    /// <summary>A host in the trust domain that reaches a controller over Akka remoting.</summary>
    Agent,
}

/// <summary>Who a certificate is for, as its subject alternative name says: <c>urn:meshactors:controller:NAME</c>.</summary>
/// <param name="Name">Letters, digits, dots and hyphens; for logs and people, not for decisions.</param>
public sealed record PeerName(PeerRole Role, string Name)
{
    /// <summary>Characters of a DNS name (RFC 1035): hosts are what is named.</summary>
    public const int NameLengthMax = 253;

    private const string Prefix = "urn:meshactors:";

    public string Urn => $"{Prefix}{RoleText(Role)}:{Name}";

    public static bool IsValidName(string name) =>
        name.Length is > 0 and <= NameLengthMax && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-');

    public static PeerName? TryParse(string urn)
    {
        if (!urn.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var split = urn.IndexOf(':', Prefix.Length);
        return split > 0 && IsValidName(urn[(split + 1)..]) && RoleOf(urn[Prefix.Length..split]) is { } role
            ? new PeerName(role, urn[(split + 1)..])
            : null;
    }

    public static string RoleText(PeerRole role) => role switch
    {
        PeerRole.Controller => "controller",
        PeerRole.Agent => "agent",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    private static PeerRole? RoleOf(string text) => text switch
    {
        "controller" => PeerRole.Controller,
        "agent" => PeerRole.Agent,
        _ => null,
    };
}
