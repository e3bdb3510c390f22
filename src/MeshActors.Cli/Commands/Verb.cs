using System.CommandLine;
using MeshActors.Cli.Connection;
using MeshActors.Cli.Failures;

namespace MeshActors.Cli.Commands;

/// <summary>Makes commands: what they share is here, so that a command's own file says only what it does.</summary>
internal sealed class Verb(GlobalOptions options, Terminal terminal)
{
    public Command Make(
        string name, string description, Func<CommandContext, CancellationToken, Task> work, params IEnumerable<Symbol> symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            Add(command, symbol);
        }

        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, work, cancellationToken));
        return command;
    }

    public static Command Group(string name, string description, params IEnumerable<Command> commands)
    {
        var group = new Command(name, description);
        foreach (var command in commands)
        {
            group.Add(command);
        }

        return group;
    }

    private static void Add(Command command, Symbol symbol)
    {
        switch (symbol)
        {
            case Option option:
                command.Add(option);
                break;
            case Argument argument:
                command.Add(argument);
                break;
            default:
                throw new ArgumentException($"A command takes no {symbol.GetType().Name}.", nameof(symbol));
        }
    }

    private async Task<int> RunAsync(
        ParseResult parsed, Func<CommandContext, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var given = options.Given(parsed);
        var session = new Lazy<Session>(() => new Session(Settings.Resolve(given, terminal.Environment), terminal.Clock));
        try
        {
            await work(new CommandContext(parsed, session, given.Organization, terminal, options.Format(parsed)), cancellationToken);
            return (int)ExitStatus.Done;
        }
        // Every failure of a command ends here, as one line and a status.
#pragma warning disable CA1031
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var failure = FailureMapping.Of(exception, session.IsValueCreated ? session.Value.Settings.Server : null);
            await terminal.Error.WriteLineAsync(failure.Line);
            return (int)failure.Status;
        }
        finally
        {
            if (session.IsValueCreated)
            {
                session.Value.Dispose();
            }
        }
    }
}
