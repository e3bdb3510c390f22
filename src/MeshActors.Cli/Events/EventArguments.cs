using System.CommandLine;
using MeshActors.Cli.Commands;
using MeshActors.Cli.Failures;
using MeshActors.Domain.Ipam;

namespace MeshActors.Cli.Events;

/// <summary>What several event commands take.</summary>
internal static class EventArguments
{
    public static Option<string?> File() => new("--file")
    {
        Description = "An export in place of a controller's journal; - is the standard input",
        HelpName = "FILE",
    };

    public static Option<Moment?> At(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "REV|TIME",
        CustomParser = result => Parse(result, name),
    };

    public static Argument<Moment?> At(string name) => new(name)
    {
        Description = $"A moment: {Moment.Form}",
        CustomParser = result => Parse(result, name),
    };

    public static Option<Prefix?> Network(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            if (Prefix.TryParse(result.Tokens[0].Value, out var prefix))
            {
                return prefix;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}' is no address and no canonical network.");
            return null;
        },
    };

    /// <summary>The file's rows, or the controller's.</summary>
    public static async Task<IRowSource> OpenAsync(this CommandContext context, string? file, CancellationToken cancellationToken)
    {
        if (file is null)
        {
            return await ServerRows.OpenAsync(context.Session, context.Organization, cancellationToken);
        }

        var rows = await FileRows.OpenAsync(file, cancellationToken);
        if (context.GivenOrganization is { } named && named != rows.Organization)
        {
            await rows.DisposeAsync();
            throw FailureException.BadUsage("organization-mismatch",
                $"{rows.Name} is of organization '{rows.Organization}', not of '{named}'; leave --org away.");
        }

        return rows;
    }

    private static Moment? Parse(System.CommandLine.Parsing.ArgumentResult result, string name)
    {
        if (Moment.TryParse(result.Tokens[0].Value, out var moment))
        {
            return moment;
        }

        result.AddError($"{name} '{result.Tokens[0].Value}' is no moment: give {Moment.Form}.");
        return null;
    }
}
