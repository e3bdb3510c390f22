using System.Text;

namespace MeshActors.Cli;

/// <summary>What a command may touch of the world around it.</summary>
/// <param name="IsInteractive">A person is there to answer a question.</param>
internal sealed record Terminal(
    TextReader Input, TextWriter Output, TextWriter Error, bool IsInteractive, TimeProvider Clock, Func<string, string?> Environment)
{
    /// <summary>A person sees the standard error, and may want to know how far a long run is.</summary>
    public bool ShowsProgress { get; init; }

    public static Terminal OfProcess() => new(
        Console.In,
        new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true },
        Console.Error,
        !Console.IsInputRedirected && !Console.IsErrorRedirected,
        TimeProvider.System,
        System.Environment.GetEnvironmentVariable)
    {
        ShowsProgress = !Console.IsErrorRedirected,
    };
}
