using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MeshActors.Cli.Connection;
using MeshActors.Cli.Output;
using MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Commands;

/// <summary>What the work of one command needs.</summary>
/// <param name="Lazy">Made when it is first asked for: what works on a file needs no controller.</param>
/// <param name="GivenOrganization">What --org says, or null.</param>
internal sealed record CommandContext(ParseResult Parsed, Lazy<Session> Lazy, string? GivenOrganization, Terminal Terminal, OutputFormat Format)
{
    public Session Session => Lazy.Value;

    public Admin.AdminClient Client => Session.Client;

    public string Organization => Session.Organization;

    public DateTimeOffset Now => Terminal.Clock.GetUtcNow();

    /// <summary>The answer, in the form that was asked for.</summary>
    public Task ShowAsync<T>(string text, T document, JsonTypeInfo<T> type) => Terminal.Output.WriteAsync(
        Format == OutputFormat.Json ? JsonSerializer.Serialize(document, type) + "\n" : text);

    /// <summary>What a person should know beside the answer: not on the standard output, where programs read.</summary>
    public Task NoteAsync(string text) => Format == OutputFormat.Json ? Task.CompletedTask : Terminal.Error.WriteLineAsync(Plain.OneLine(text));
}
