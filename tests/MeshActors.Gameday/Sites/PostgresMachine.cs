namespace MeshActors.Gameday.Sites;

/// <summary>A lab machine with a PostgreSQL server of its own, which can be stopped, killed, frozen and slowed.</summary>
internal sealed class PostgresMachine(Machine machine, string address) : IAsyncDisposable
{
    private const string Home = "/var/lib/gameday-postgres";
    private const string Data = $"{Home}/data";

    /// <summary>Seconds; a shutdown that waits for nobody takes less.</summary>
    private const string PatienceSeconds = "60";

    private static readonly TimeSpan StutterRun = TimeSpan.FromMilliseconds(20);

    // Two faults of one schedule may both want it stopped: one after the other.
    private readonly SemaphoreSlim _turn = new(1);

    public string Url => $"postgresql://postgres@{address}/mesh";

    public string ConnectionString => $"Host={address};Username=postgres;Database=mesh;Timeout=5;Command Timeout=20;Pooling=false";

    public Machine Machine => machine;

    public string Address => address;

    public async Task CreateAsync()
    {
        await machine.ShellAsync($"mkdir {Home} && chown postgres {Home}");
        await ServerAsync("initdb", "--pgdata", Data, "--auth", "trust", "--no-sync", "--username", "postgres");
        await machine.ShellAsync($"""
            echo "host all postgres 203.0.113.0/24 trust" >> {Data}/pg_hba.conf
            cat >> {Data}/postgresql.conf <<'CONF'
            listen_addresses = '*'
            unix_socket_directories = '{Home}'
            max_connections = 200
            CONF
            """);
        await StartAsync();
        await ServerAsync("createdb", "--host", Home, "--username", "postgres", "mesh");
    }

    /// <summary>Stopped in good order, or as by a crash: then nobody is waited for, and the start recovers.</summary>
    public async Task RestartAsync(bool isCrash, TimeSpan after)
    {
        await _turn.WaitAsync();
        try
        {
            await ServerAsync("pg_ctl", "stop", "--mode", isCrash ? "immediate" : "fast", "--timeout", PatienceSeconds, "--pgdata", Data);
            await Task.Delay(after);
            await StartAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task FreezeAsync() => SignalAsync("STOP");

    public Task ThawAsync() => SignalAsync("CONT");

    /// <summary>It stands still and goes on again and again: every statement takes about so much longer, on any kernel.</summary>
    public Task<string> StutterAsync(TimeSpan pause, TimeSpan time) => machine.ShellAsync($"""
        i=0
        while [ $i -lt {time / (pause + StutterRun):0} ]; do
          i=$((i + 1))
          pkill -STOP -x postgres || true
          sleep {pause.TotalSeconds:0.000}
          pkill -CONT -x postgres || true
          sleep {StutterRun.TotalSeconds:0.000}
        done
        """);

    public ValueTask DisposeAsync()
    {
        _turn.Dispose();
        return machine.DisposeAsync();
    }

    private Task<string> StartAsync() =>
        ServerAsync("pg_ctl", "start", "--wait", "--timeout", PatienceSeconds, "--pgdata", Data, "--log", $"{Home}/log");

    // The machine has process ids of its own: no other server is meant.
    private Task<Outcome> SignalAsync(string signal) => machine.TryAsync("pkill", $"-{signal}", "-x", "postgres");

    private Task<string> ServerAsync(string program, params string[] arguments) => machine.RunAsync(
        ["runuser", "-u", "postgres", "--", "sh", "-c", $"exec $(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)/{program} \"$@\" >{Home}/{program}.out 2>&1 </dev/null", program, .. arguments]);
}
