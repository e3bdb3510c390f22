using System.Diagnostics;
using MeshActors.Gameday.Sites;

namespace MeshActors.Gameday.Drills;

/// <summary>
/// Counts packets of a real tunnel: two machines with meshd and WireGuard ping each other while each controller in turn is
/// killed, stays dead for a while and returns, and while all are restarted one after the other.
/// </summary>
internal sealed class PacketDrill(string config)
{
    private const int FirstNodeHost = 41;

    /// <summary>Of the steady ping: longer than a failover by default takes, on a busy machine.</summary>
    private const int AnswersMeanwhile = 300;

    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(120);

    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public async Task<bool> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("packets").FullName;
        await using var site = await ClusterSite.StartAsync(directory, config);
        await ReadyAsync(site);
        var url = await site.ReadJoinUrlAsync();
        await using var near = await site.NewNodeAsync("near", FirstNodeHost);
        await using var far = await site.NewNodeAsync("far", FirstNodeHost + 1);
        await near.StartAsync(url);
        await far.StartAsync(url);
        var ping = await SteadyPing.StartAsync(near, await far.AddressAsync(4));
        Say("the tunnel is up");
        foreach (var (controller, index) in site.Controllers.Select((controller, index) => (controller, index)))
        {
            await controller.GoAsync("KILL", StartMax);
            await ping.AnswersAsync(AnswersMeanwhile);
            await using var late = await site.NewNodeAsync($"late{index + 1}", FirstNodeHost + 2 + index);
            // Any that lives: the one that the URL names may be the dead one.
            await late.StartAsync(UrlAt(url, site.Controllers.First(other => other != controller)));
            await near.ReachesAsync(await late.AddressAsync(4));
            Say($"controller{index + 1} is dead, and a machine that joined since then is reached");
            await controller.ReturnAsync(StartMax);
            await ReadyAsync(site);
        }

        foreach (var controller in site.Controllers)
        {
            await controller.TerminateAsync(StartMax);
            await ReadyAsync(site);
            await ping.AnswersAsync(AnswersMeanwhile / 3);
        }

        Say("all three were restarted");
        await ping.EndsWithoutLossAsync();
        Say("no packet was lost");
        return true;
    }

    private static string UrlAt(string url, ControllerMachine controller) => controller.Url + url[url.IndexOf('#', StringComparison.Ordinal)..];

    private static async Task ReadyAsync(ClusterSite site)
    {
        foreach (var controller in site.Controllers)
        {
            if (await site.Readiness.WaitAsync(controller, StartMax) is { } answer)
            {
                throw new InvalidOperationException($"The controller {controller.Address} does not start: {answer}");
            }
        }
    }

    private void Say(string sentence) => Console.Out.WriteLine($"{_clock.Elapsed.TotalSeconds,6:0.0} s  {sentence}");
}
