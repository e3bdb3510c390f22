using System.Diagnostics;
using System.Net.Security;
using MeshActors.Contracts.Trust;

namespace MeshActors.Gameday.Sites;

/// <summary>Whether a controller says that it is ready.</summary>
internal sealed class Readiness(string pin) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = PinnedTrust.ByPin(pin) },
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionLifetime = TimeSpan.FromSeconds(5),
    })
    {
        Timeout = TimeSpan.FromSeconds(4),
    };

    /// <returns>Null, or what it says at the end of the time.</returns>
    public async Task<string?> WaitAsync(ControllerMachine controller, TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var answer = await AskAsync(controller);
            if (answer == "ready")
            {
                return null;
            }

            if (clock.Elapsed > patience)
            {
                return answer;
            }

            await Task.Delay(100);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> AskAsync(ControllerMachine controller)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(controller.Url + "readyz"));
            return response.IsSuccessStatusCode ? "ready" : (await response.Content.ReadAsStringAsync()).Trim();
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return fault.Message;
        }
    }
}
