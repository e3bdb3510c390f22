using System.Diagnostics;
using System.Text;

namespace MeshActors.SystemTests.Lab;

/// <summary>How a command ended and what it wrote.</summary>
public sealed record Outcome(string CommandLine, int ExitCode, string Output, string Error)
{
    public string Text => Output + Error;

    public Outcome Succeeded()
    {
        Assert.True(ExitCode == 0, $"'{CommandLine}' ended with {ExitCode}:\n{Text}");
        return this;
    }

    public override string ToString() => $"'{CommandLine}' ended with {ExitCode}:\n{Text}";
}

/// <summary>A command that has been started: its output so far, its end, and signals to it.</summary>
public sealed class Command : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly string _commandLine;
    private readonly bool _entersMachine;

    private Command(Process process, string commandLine, bool entersMachine)
    {
        _process = process;
        _commandLine = commandLine;
        _entersMachine = entersMachine;
        process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
    }

    public bool HasExited => _process.HasExited;

    public string Output => Read(_output);

    public string Text => Output + Read(_error);

    /// <param name="arguments">The program and its arguments.</param>
    /// <param name="entersMachine">It is `nsenter`, and signals are meant for its child.</param>
    public static Command Start(IReadOnlyList<string> arguments, bool entersMachine = false)
    {
        var start = new ProcessStartInfo(arguments[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PATH"] = Requirements.SearchPath;
        start.Environment.Remove("DOCKER_HOST");
        var process = new Process { StartInfo = start };
        var command = new Command(process, string.Join(' ', arguments), entersMachine);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return command;
    }

    public static async Task<Outcome> RunAsync(IReadOnlyList<string> arguments, bool entersMachine = false)
    {
        await using var command = Start(arguments, entersMachine);
        return await command.EndAsync();
    }

    /// <summary>Waits for its end, at most <see cref="Eventually.Patience"/> (or <paramref name="patience"/>).</summary>
    public async Task<Outcome> EndAsync(TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? Eventually.Patience, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"'{_commandLine}' does not end; it wrote:\n{Text}");
        }

        return new Outcome(_commandLine, _process.ExitCode, Output, Read(_error));
    }

    public void Signal(string signal)
    {
        if (!_process.HasExited)
        {
            // `nsenter` stops itself when its child is stopped, and does not go on when the child does.
            string[] targets = signal == "CONT" ? [ProcessId().ToString(), _process.Id.ToString()] : [ProcessId().ToString()];
            using var kill = Process.Start("kill", ["-" + signal, .. targets]);
            kill.WaitForExit();
        }
    }

    public void CloseInput() => _process.StandardInput.Close();

    public async ValueTask DisposeAsync()
    {
        Signal("KILL");
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private int ProcessId()
    {
        var id = _process.Id;
        if (!_entersMachine)
        {
            return id;
        }

        var children = File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Length > 0 ? int.Parse(children[0]) : id;
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            lock (text)
            {
                text.AppendLine(line);
            }
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
