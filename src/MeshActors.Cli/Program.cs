using MeshActors.Cli.Commands;
using MeshActors.Cli.Failures;

namespace MeshActors.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var terminal = Terminal.OfProcess();
        try
        {
            return await Surface.RunAsync(args, terminal);
        }
        // The last resort of a program: whatever happened, one line and a status, never a stack trace.
#pragma warning disable CA1031
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var failure = FailureMapping.Of(exception, server: null);
            await terminal.Error.WriteLineAsync(failure.Line);
            return (int)failure.Status;
        }
    }
}
