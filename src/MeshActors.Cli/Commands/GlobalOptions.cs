using System.CommandLine;
using MeshActors.Cli.Connection;

namespace MeshActors.Cli.Commands;

internal enum OutputFormat
{
    Table,
    Json,
}

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string?> _server = new("--server")
    {
        Description = "The controller, as https://HOST:PORT (MESHCTL_SERVER; beside a controller: its own)",
        HelpName = "URL",
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = "File with the access token (or MESHCTL_TOKEN; beside a controller, as root: its own)",
        HelpName = "FILE",
    };

    private readonly Option<string?> _caFile = new("--ca")
    {
        Description = "PEM file with the only root to trust, instead of the pin in the token",
        HelpName = "FILE",
    };

    private readonly Option<OutputFormat> _output = new("--output", "-o")
    {
        Description = "table for people (the default), json for programs",
        HelpName = "table|json",
        CustomParser = result => result.Tokens[0].Value switch
        {
            "table" => OutputFormat.Table,
            "json" => OutputFormat.Json,
            var other => Bad(result, $"-o takes table or json, not '{other}'."),
        },
    };

    private readonly Option<string?> _organization = new("--org", "--zone")
    {
        Description = "The organization (MESHCTL_ORG; the token's own, else default)",
        HelpName = "NAME",
    };

    private readonly Option<bool> _insecure = new("--insecure-no-tls")
    {
        Description = "Allow an http:// server: token and answers in plain text",
    };

    public void AddTo(Command root)
    {
        foreach (var option in new Option[] { _server, _tokenFile, _caFile, _output, _organization, _insecure })
        {
            option.Recursive = true;
            root.Add(option);
        }
    }

    public Given Given(ParseResult parsed) => new(
        parsed.GetValue(_server),
        parsed.GetValue(_tokenFile),
        parsed.GetValue(_caFile),
        parsed.GetValue(_organization),
        parsed.GetValue(_insecure));

    public OutputFormat Format(ParseResult parsed) => parsed.GetValue(_output);

    private static OutputFormat Bad(System.CommandLine.Parsing.ArgumentResult result, string sentence)
    {
        result.AddError(sentence);
        return default;
    }
}
