using MeshActors.Cli.Failures;
using MeshActors.Domain;
using MeshActors.Domain.Trust;

namespace MeshActors.Cli.Connection;

/// <summary>What the command line says about the controller; null where it says nothing.</summary>
internal sealed record Given(string? Server, string? TokenFile, string? CaFile, string? Organization, bool AllowsPlainText);

/// <summary>Which controller is called, with which token, about which organization.</summary>
/// <param name="CaFile">The only root to trust, or null: then the token's pin, then the system's roots.</param>
internal sealed record Settings(Uri Server, Bearer Token, string? CaFile, OrganizationId Organization)
{
    /// <summary>A token has some 120 characters; a file that is longer is something else.</summary>
    private const int TokenFileBytesMax = 4096;

    private const string DataDirectoryDefault = "/var/lib/mesh-controller";

    /// <summary>The command line first, then the environment, then the files of a controller on this machine.</summary>
    public static Settings Resolve(Given given, Func<string, string?> environment)
    {
        var directory = NotEmpty(environment("MESHCTL_DATA_DIR")) ?? DataDirectoryDefault;
        var server = given.Server ?? NotEmpty(environment("MESHCTL_SERVER")) ?? ReadBeside(directory, "controller.url", "server-unknown",
            "Name it with --server https://HOST:PORT or MESHCTL_SERVER");
        var token = given.TokenFile is { } file
            ? Read(file, "token-unknown", "Give a file that holds an access token")
            : NotEmpty(environment("MESHCTL_TOKEN")) ?? ReadBeside(directory, "admin.token", "token-unknown",
                "Give one with --token-file FILE or MESHCTL_TOKEN");
        var bearer = ParseToken(token);
        return new Settings(
            ControllerUrl.Parse(server, given.AllowsPlainText),
            bearer,
            given.CaFile,
            ParseOrganization(given.Organization ?? NotEmpty(environment("MESHCTL_ORG")) ?? ScopeOf(bearer)));
    }

    private static Bearer ParseToken(string text) => Bearer.TryParse(text.Trim(), Bearer.TokenKind, out var token)
        ? token
        : throw FailureException.BadUsage("token-malformed",
            "What was given as access token is none: it begins with 'mat.' and is copied whole, as `meshctl token create` printed it.");

    private static OrganizationId ParseOrganization(string text) => OrganizationId.TryParse(text, out var organization)
        ? organization
        : throw FailureException.BadUsage("name-malformed",
            $"'{text}' is no organization name: use 1 to {OrganizationId.LengthMax} of a-z, 0-9 and '-', not beginning or ending with '-'.");

    /// <summary>An organization's token opens nothing else, so its organization need not be named.</summary>
    private static string ScopeOf(Bearer token) =>
        token.Scope == Bearer.ControllerScope ? OrganizationId.Default.Value : token.Scope;

    private static string ReadBeside(string directory, string name, string code, string remedy) =>
        Read(Path.Combine(directory, name), code, $"{remedy}, or run as root beside the controller (MESHCTL_DATA_DIR, when it is not in {DataDirectoryDefault})");

    private static string Read(string path, string code, string remedy)
    {
        try
        {
            var text = new FileInfo(path) is { Exists: true, Length: > TokenFileBytesMax } ? "" : File.ReadAllText(path).Trim();
            return text.Length > 0
                ? text
                : throw FailureException.BadUsage(code, $"{path} is empty or too long for what it should hold. {remedy}.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw FailureException.BadUsage(code, $"{exception.Message} {remedy}.");
        }
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
