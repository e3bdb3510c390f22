using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Contracts.Trust;

namespace MeshActors.Benchmarks.Load;

/// <summary>The published controller in a process of its own, with a directory of its own; both end with this process, however that ends.</summary>
internal sealed class ControllerUnderLoad : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);

    private readonly string _program;
    private readonly string[] _database;
    private readonly Process _guard;
    private Process _process = null!;
    private TimeSpan _before;

    private ControllerUnderLoad(string program, string[] database)
    {
        _program = program;
        _database = database;
        Root = Directory.CreateTempSubdirectory("mesh-load-").FullName;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = (IPEndPoint)probe.LocalEndpoint;
        }

        // It reads the processes' numbers, and its input ends when this process does. A Ctrl-C is not meant for it.
        var script = $"while read -r next; do last=$next; done; [ -z \"$last\" ] || kill -9 $last 2>/dev/null; sleep 0.2; rm -rf {Root}";
        _guard = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", script]) { RedirectStandardInput = true })!;
    }

    public string Root { get; }

    public IPEndPoint Address { get; }

    public Uri Url => new($"https://{Address}");

    public RemoteCertificateValidationCallback Trust { get; private set; } = (_, _, _, _) => false;

    public string AdminToken => File.ReadAllText(Path.Combine(Root, "data", "admin.token")).Trim();

    /// <summary>Of all its processes so far.</summary>
    public TimeSpan Cpu => _before + CpuOfProcess;

    public TimeSpan CpuOfProcess
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public long ResidentBytes => Status("VmRSS");

    /// <summary>Of this process; the kernel keeps it.</summary>
    public long PeakResidentBytes => Status("VmHWM");

    /// <param name="database">Its options for a database other than SQLite.</param>
    public static async Task<ControllerUnderLoad> StartAsync(string program, string[] database, CancellationToken stop)
    {
        var controller = new ControllerUnderLoad(program, database);
        try
        {
            controller.Launch();
            await controller.ReadyAsync(stop).ConfigureAwait(false);
            return controller;
        }
        catch
        {
            await controller.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Launch()
    {
        // The log goes to a file: a pipe that fills up would hold the controller.
        var start = new ProcessStartInfo("sh",
        [
            "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", Path.Combine(Root, "log"), _program,
            "--data-dir", Path.Combine(Root, "data"), "--listen", Address.ToString(), "--advertise", Address.ToString(), .. _database,
        ]);
        foreach (var (name, value) in CollectorSettings())
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _guard.StandardInput.WriteLine(_process.Id.ToString(CultureInfo.InvariantCulture));
        _guard.StandardInput.Flush();
    }

    // As where it is installed; what is said to this process goes before.
    private static IEnumerable<(string Name, string Value)> CollectorSettings() =>
        from line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "mesh-controller.service"))
        where line.StartsWith("Environment=DOTNET_gc", StringComparison.Ordinal)
        from setting in line["Environment=".Length..].Split(' ')
        let pair = setting.Split('=')
        where Environment.GetEnvironmentVariable(pair[0]) is null
        select (pair[0], pair[1]);

    /// <exception cref="InvalidOperationException">It has ended, or takes too long.</exception>
    public async Task ReadyAsync(CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(stop).ConfigureAwait(false))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > StartMax)
            {
                throw new InvalidOperationException($"{_program} does not start: {LastLines()}");
            }

            await Task.Delay(20, stop).ConfigureAwait(false);
        }
    }

    /// <summary>As when the machine's power goes.</summary>
    public async Task KillAsync()
    {
        _before += CpuOfProcess;
        _process.Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
    }

    public async Task StopAsync()
    {
        _before += CpuOfProcess;
        using (var signal = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await signal.WaitForExitAsync().ConfigureAwait(false);
        }

        await _process.WaitForExitAsync().WaitAsync(StopMax).ConfigureAwait(false);
    }

    public string LastLines() =>
        File.Exists(Path.Combine(Root, "log")) ? string.Join('\n', File.ReadLines(Path.Combine(Root, "log")).TakeLast(5)) : "it wrote nothing.";

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync().ConfigureAwait(false);
        _process?.Dispose();
        _guard.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken stop)
    {
        var ca = Path.Combine(Root, "data", "ca.pem");
        if (!File.Exists(ca))
        {
            return false;
        }

        try
        {
            using var authority = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(ca, stop).ConfigureAwait(false));
            Trust = PinnedTrust.ByPin(PinnedTrust.PinOf(authority));
            using var handler = new SocketsHttpHandler();
            handler.SslOptions.RemoteCertificateValidationCallback = Trust;
            using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(2) };
            using var answer = await http.GetAsync(new Uri(Url, "readyz"), stop).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception fault) when (!stop.IsCancellationRequested
            && fault is HttpRequestException or TaskCanceledException or IOException or System.Security.Cryptography.CryptographicException)
        {
            return false;
        }
    }

    private long Status(string field)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
