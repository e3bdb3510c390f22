using System.Text.Json;

namespace MeshActors.SystemTests.Lab;

/// <summary>A running mesh-controller on a machine of its own, with its operator's meshctl beside it.</summary>
public sealed class Controller(Machine machine, string address) : IAsyncDisposable
{
    public const string DataDirectory = "/var/lib/mesh-controller";

    private Command? _process;

    public Machine Machine => machine;

    public string Url => $"https://{address}:8443/";

    public bool IsRunning => _process is { HasExited: false };

    public string Log => _process?.Text ?? string.Empty;

    public async Task StartAsync(params string[] options)
    {
        _process = machine.Start(["mesh-controller", "--data-dir", DataDirectory, "--advertise", address, .. options]);
        await Eventually.HoldsAsync(async () =>
        {
            if (!IsRunning)
            {
                throw new HopelessException($"The controller ended:\n{Log}");
            }

            (await machine.TryAsync("meshctl", "status")).Succeeded();
        });
    }

    public async Task KillAsync(string signal = "KILL")
    {
        _process!.Signal(signal);
        await _process.EndAsync();
    }

    public Task<Outcome> TryMeshctlAsync(params string[] arguments) => machine.TryAsync(["meshctl", .. arguments]);

    public async Task<JsonElement> MeshctlAsync(params string[] arguments)
    {
        var text = (await TryMeshctlAsync([.. arguments, "-o", "json"])).Succeeded().Output;
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>The whole journal of an organization, as text to compare.</summary>
    public async Task<string> EventsAsync(string organization) =>
        (await TryMeshctlAsync("events", "list", "--org", organization, "-o", "json")).Succeeded().Output;

    public async Task<string> JoinUrlAsync(string organization, params string[] options) =>
        (await MeshctlAsync(["join-key", "create", "--org", organization, .. options])).GetProperty("joinUrl").GetString()!;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        await machine.DisposeAsync();
    }
}
