using System.Diagnostics;

namespace MeshActors.ActorTests.Support;

/// <summary>The built <c>meshctl</c> beside a controller, as an operator runs it there.</summary>
internal static class Meshctl
{
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory, "..", "..", "MeshActors.Cli", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "meshctl.dll");

    /// <returns>Its exit status, and all that it said.</returns>
    public static async Task<(int Status, string Said)> RunAsync(string dataDirectory, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["MESHCTL_DATA_DIR"] = dataDirectory },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
