using System.Diagnostics.CodeAnalysis;

namespace MeshActors.Domain.Trust;

/// <summary>
/// A secret that its holder shows, as one copyable text: <c>KIND.SCOPE.ID.SECRET</c>, followed by <c>.PIN</c> where it is
/// handed to a person: the pin lets the first connection know the controller.
/// </summary>
/// <param name="Kind">One of <see cref="JoinKeyKind"/>, <see cref="TokenKind"/>, <see cref="CredentialKind"/>.</param>
/// <param name="Scope">The organization, or <see cref="ControllerScope"/>.</param>
/// <param name="Id">Names the secret in lists and logs; not secret itself.</param>
/// <param name="Secret">43 characters of base64url: 256 random bits.</param>
/// <param name="Pin">SHA-256 of the CA certificate's SubjectPublicKeyInfo in base64url (as RFC 7469), or null.</param>
public sealed record Bearer(string Kind, string Scope, string Id, string Secret, string? Pin)
{
    public const string JoinKeyKind = "mjk";
    public const string TokenKind = "mat";
    public const string CredentialKind = "mnc";

    /// <summary>The scope of a token that may do everything on a controller. No organization can have this name.</summary>
    public const string ControllerScope = "_";

    private const int SecretLength = 43;
    private const int TextLengthMax = 256;

    public SecretHash Hash => SecretHash.Of(Secret);

    public static bool TryParse([NotNullWhen(true)] string? text, string kind, [NotNullWhen(true)] out Bearer? bearer)
    {
        bearer = null;
        if (text is not { Length: > 0 and <= TextLengthMax })
        {
            return false;
        }

        var parts = text.Split('.');
        if (parts.Length is not (4 or 5) || parts[0] != kind || parts[3].Length != SecretLength
            || parts.Skip(2).Any(part => part.Length == 0 || !part.All(IsBase64Url))
            || !(OrganizationId.TryParse(parts[1], out _) || (kind == TokenKind && parts[1] == ControllerScope)))
        {
            return false;
        }

        bearer = new Bearer(parts[0], parts[1], parts[2], parts[3], parts.Length == 5 ? parts[4] : null);
        return true;
    }

    /// <summary>The whole text, with its secret: for the wire, or for the person it was made for.</summary>
    public string Reveal() => Pin is null ? $"{Kind}.{Scope}.{Id}.{Secret}" : $"{Kind}.{Scope}.{Id}.{Secret}.{Pin}";

    /// <summary>Without its secret: for logs.</summary>
    public override string ToString() => $"{Kind}.{Scope}.{Id}.***";

    private static bool IsBase64Url(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}
