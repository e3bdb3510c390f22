namespace MeshActors.Cli.Failures;

/// <summary>What meshctl's exit status says. The numbers are part of the contract.</summary>
internal enum ExitStatus
{
    Done = 0,
    Failed = 1,
    BadUsage = 2,
    Refused = 3,
    Unreachable = 5,
}

/// <summary>Why a command did not do its work.</summary>
/// <param name="Code">Stable, for programs.</param>
/// <param name="Sentence">For people: names the object and the remedy.</param>
internal sealed record Failure(ExitStatus Status, string Code, string Sentence)
{
    /// <summary>The one line on stderr.</summary>
    public string Line => $"meshctl: {Code}: {Output.Plain.OneLine(Sentence)}";
}

/// <summary>Ends a command with a failure that is known in full where it is met.</summary>
internal sealed class FailureException(Failure failure) : Exception(failure.Sentence)
{
    public Failure Failure { get; } = failure;

    public static FailureException BadUsage(string code, string sentence) => new(new Failure(ExitStatus.BadUsage, code, sentence));
}
