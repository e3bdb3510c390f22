using System.CommandLine;

namespace MeshActors.Cli.Commands;

/// <summary>Arguments and options that several commands take.</summary>
internal static class Arguments
{
    /// <summary>Far beyond any journal, and far enough from the end of 64 bits to count on from it.</summary>
    private const long LargestNumber = 1_000_000_000_000_000;

    public static Argument<string> Node() => new("NODE") { Description = "A node's id, name, or one of its addresses" };

    public static Argument<string> Id(string description) => new("ID") { Description = description };

    public static Option<TimeSpan?> Expires(string description) => new("--expires")
    {
        Description = description,
        HelpName = "30m|12h|7d",
        CustomParser = result =>
        {
            if (Durations.TryParse(result.Tokens[0].Value, out var duration))
            {
                return duration;
            }

            result.AddError($"--expires '{result.Tokens[0].Value}' is no duration: give {Durations.Form}.");
            return null;
        },
    };

    /// <summary>A revision, or a count.</summary>
    public static Option<long?> Positive(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            if (long.TryParse(result.Tokens[0].Value, System.Globalization.NumberStyles.None, null, out var number) && number is > 0 and <= LargestNumber)
            {
                return number;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}' is no whole number from 1 to {LargestNumber}.");
            return null;
        },
    };
}
