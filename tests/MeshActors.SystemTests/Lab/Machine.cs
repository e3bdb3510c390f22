namespace MeshActors.SystemTests.Lab;

/// <summary>
/// A machine of the lab (see deploy/lab.sh). It ends when this process ends, however that happens, and with it
/// everything that it ran: no test leaves anything behind.
/// </summary>
public sealed class Machine : IAsyncDisposable
{
    private static readonly string Script = Path.Combine(Requirements.Root, "deploy", "lab.sh");

    private readonly Command _first;
    private readonly string _processId;

    private Machine(string name, Command first, string processId)
    {
        Name = name;
        _first = first;
        _processId = processId;
    }

    public string Name { get; }

    public static async Task<Machine> CreateAsync(string name)
    {
        var first = Command.Start([Script, "machine", name]);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(first.Output.EndsWith('\n')), $"the machine {name} starts: {first.Text}");
        return new Machine(name, first, first.Output.Trim());
    }

    public async Task BecomeInternetAsync() => await LabAsync("internet", _processId);

    public async Task AttachToAsync(Machine internet, int host) =>
        await LabAsync("attach", internet._processId, _processId, host.ToString());

    /// <summary>Plugs a process that has a network of its own into this internet.</summary>
    public async Task AttachProcessAsync(int processId, int host) =>
        await LabAsync("attach", _processId, processId.ToString(), host.ToString());

    /// <summary>Puts this machine behind a NAT router that lets nothing in.</summary>
    public async Task MoveBehindAsync(Machine router, Machine internet, int host) =>
        await LabAsync("home", internet._processId, router._processId, _processId, host.ToString());

    public async Task StartDockerAsync() => await LabAsync("docker", _processId);

    public Command Start(params string[] arguments) => Command.Start(Enter(arguments), entersMachine: true);

    /// <summary>Runs to its end, whatever that is.</summary>
    public Task<Outcome> TryAsync(params string[] arguments) => Command.RunAsync(Enter(arguments), entersMachine: true);

    /// <summary>Runs to its end, which must be a good one; what it wrote to standard output.</summary>
    public async Task<string> RunAsync(params string[] arguments) => (await TryAsync(arguments)).Succeeded().Output;

    public Task<string> ShellAsync(string script) => RunAsync("sh", "-ec", script);

    public Task<bool> PingsAsync(string address) => PingsFromAsync([], address);

    public Task<bool> ContainerPingsAsync(string container, string address) =>
        PingsFromAsync(["docker", "exec", container], address);

    public async ValueTask DisposeAsync()
    {
        _first.CloseInput();
        await _first.EndAsync();
        await _first.DisposeAsync();
    }

    private async Task<bool> PingsFromAsync(string[] place, string address) =>
        (await TryAsync([.. place, "ping", "-c", "1", "-W", "2", address])).ExitCode == 0;

    private string[] Enter(string[] arguments) =>
        ["nsenter", "--target", _processId, "--net", "--mount", "--uts", "--pid", "--", .. arguments];

    private static async Task LabAsync(params string[] arguments) =>
        (await Command.RunAsync([Script, .. arguments])).Succeeded();
}
