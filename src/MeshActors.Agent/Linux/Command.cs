using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;

namespace MeshActors.Agent.Linux;

/// <param name="Output">What the program wrote to its standard output.</param>
internal sealed record CommandResult(string What, int ExitCode, ReadOnlyMemory<byte> Output, string Error)
{
    public CommandResult OrThrow() => ExitCode == 0 ? this : throw Failure();

    /// <summary>Gives a large output back, emptied, for the next one: a pass every few seconds would leave megabytes behind.</summary>
    public void Release()
    {
        if (System.Runtime.InteropServices.MemoryMarshal.TryGetArray(Output, out var segment) && segment.Array is { Length: > 0 } array)
        {
            ArrayPool<byte>.Shared.Return(array, clearArray: true);
        }
    }

    public CommandFailedException Failure() => new($"`{What}` failed with status {ExitCode}: {Error}");
}

internal sealed class CommandFailedException(string message) : Exception(message);

/// <summary>Runs the programs of the host. Arguments never hold a secret: any user can read them.</summary>
internal static class Command
{
    /// <summary>10,000 peers take a tenth of it; beyond it the program hangs.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private const int FirstBufferBytes = 16 * 1024;
    private const int ErrorLengthMax = 2_000;
    private const int WhatLengthMax = 100;

    public static bool Exists(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Any(directory => File.Exists(Path.Combine(directory, program)));

    /// <exception cref="CommandFailedException">It could not be started, or did not end in time.</exception>
    public static async Task<CommandResult> RunAsync(IReadOnlyList<string> line, string? input = null)
    {
        var what = Shown(line);
        using var process = Start(line, what, input is not null);
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            var output = ReadAsync(process.StandardOutput.BaseStream, timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await FeedAsync(process, input, timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return new CommandResult(what, process.ExitCode, await output, Shortened(await error));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new CommandFailedException($"`{what}` did not end within {Timeout.TotalSeconds:0} s and was killed.");
        }
    }

    private static Process Start(IReadOnlyList<string> line, string what, bool hasInput)
    {
        var start = new ProcessStartInfo(line[0], line.Skip(1))
        {
            RedirectStandardInput = hasInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["LC_ALL"] = "C";

        // With it set, a userspace WireGuard would keep our pipe open for its logs.
        start.Environment.Remove("LOG_LEVEL");
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CommandFailedException($"`{what}` could not be started: {e.Message}");
        }
    }

    private static async Task FeedAsync(Process process, string? input, CancellationToken cancel)
    {
        if (input is null)
        {
            return;
        }

        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancel);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all: its status and stderr say why.
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        var length = 0;
        while (await stream.ReadAsync(buffer.AsMemory(length), cancel) is > 0 and var read)
        {
            length += read;
            if (length == buffer.Length)
            {
                buffer = Grown(buffer);
            }
        }

        return buffer.AsMemory(0, length);
    }

    private static byte[] Grown(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full, clearArray: true);
        return larger;
    }

    private static string Shown(IReadOnlyList<string> line)
    {
        var text = string.Join(' ', line.Take(12));
        return text.Length > WhatLengthMax ? text[..WhatLengthMax] + "..." : text;
    }

    private static string Shortened(string error)
    {
        var text = error.Trim().ReplaceLineEndings("; ");
        return text.Length > ErrorLengthMax ? text[..ErrorLengthMax] + "..." : text;
    }
}
