using System.CommandLine;
using MeshActors.Cli.Failures;

namespace MeshActors.Cli.Commands;

/// <summary>All that can be typed.</summary>
internal static class Surface
{
    /// <summary>After Ctrl-C or SIGTERM a call is given this long to be cancelled.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal)
    {
        // An argument that begins with '@' is an argument, not a file to read.
        var parsed = Make(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors is [var first, ..])
        {
            var failure = new Failure(ExitStatus.BadUsage, "usage", $"{first.Message} `{Path(parsed)} --help` shows what can be said.");
            await terminal.Error.WriteLineAsync(failure.Line);
            return (int)failure.Status;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = StopTimeout,
        });
    }

    private static RootCommand Make(Terminal terminal)
    {
        var options = new GlobalOptions();
        var verb = new Verb(options, terminal);
        var root = new RootCommand("Operates a mesh-controller: organizations, nodes, keys, events.")
        {
            OrganizationCommands.Make(verb),
            NodeCommands.Make(verb),
            PrefixCommands.Make(verb),
            JoinKeyCommands.Make(verb),
            TokenCommands.Make(verb),
            EventCommands.Make(verb),
            FindCommand.Make(verb),
            StatusCommand.Make(verb),
        };
        options.AddTo(root);
        return root;
    }

    /// <summary>The words of the command that was reached, as "meshctl node show".</summary>
    private static string Path(ParseResult parsed)
    {
        var words = new Stack<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
        {
            words.Push(result.Parent is null ? "meshctl" : result.Command.Name);
        }

        return string.Join(' ', words);
    }
}
