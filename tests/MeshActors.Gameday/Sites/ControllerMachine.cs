using System.Diagnostics;

namespace MeshActors.Gameday.Sites;

/// <summary>One mesh-controller on a machine of its own, with a supervisor that starts it again as systemd would.</summary>
internal sealed class ControllerMachine(Machine machine, string address, string[] arguments, string logFile) : IAsyncDisposable
{
    private static readonly TimeSpan RestartDelay = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _ending = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Command? _process;
    private Task _supervision = Task.CompletedTask;
    private volatile TaskCompletionSource? _returns;
    private int _gone;

    public Machine Machine => machine;

    public string Address => address;

    public string Url => $"https://{address}:8443/";

    /// <summary>Counts starts: what a process knew goes with it.</summary>
    public int Incarnation { get; private set; }

    public TimeSpan StartedAt { get; private set; }

    public void Start() => _supervision = SuperviseAsync();

    /// <param name="signal">KILL, TERM, STOP or CONT.</param>
    public void Signal(string signal)
    {
        try
        {
            _process?.Signal(signal);
        }
        catch (InvalidOperationException)
        {
            // It has ended this very moment, as processes do here.
        }
    }

    /// <summary>The whole machine goes, and stays away until it returns. Until its process has ended.</summary>
    /// <param name="signal">KILL or TERM.</param>
    public Task GoAsync(string signal, TimeSpan patience)
    {
        _gone = Incarnation;
        _returns = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Signal(signal);
        return UntilAsync(() => _process is null, patience);
    }

    /// <summary>Until its process runs again.</summary>
    public Task ReturnAsync(TimeSpan patience)
    {
        _returns?.TrySetResult();
        return AfterAsync(_gone, patience);
    }

    /// <summary>SIGTERM, and until the next process runs.</summary>
    public Task TerminateAsync(TimeSpan patience)
    {
        var told = Incarnation;
        Signal("TERM");
        return AfterAsync(told, patience);
    }

    private Task AfterAsync(int incarnation, TimeSpan patience) => UntilAsync(() => Incarnation != incarnation, patience);

    private static async Task UntilAsync(Func<bool> condition, TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (!condition() && clock.Elapsed < patience)
        {
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _returns?.TrySetResult();
        Signal("CONT");
        Signal("KILL");
        await _supervision;
        await machine.DisposeAsync();
        _ending.Dispose();
    }

    private async Task SuperviseAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            Incarnation++;
            StartedAt = _clock.Elapsed;
            var process = machine.Start(["sh", "-c", $"exec \"$@\" >>{logFile} 2>&1", "sh", "mesh-controller", .. arguments]);
            _process = process;
            while (!process.HasExited)
            {
                await Task.Delay(50);
            }

            _process = null;
            await process.DisposeAsync();

            await (_returns?.Task ?? Task.Delay(RestartDelay));
            _returns = null;
        }
    }
}
