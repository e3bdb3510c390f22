using System.Text.RegularExpressions;

namespace MeshActors.SystemTests.Lab;

/// <summary>Twenty pings a second from a machine or a container of it, to count what gets lost while something else happens.</summary>
public sealed partial class SteadyPing
{
    private readonly Machine _machine;
    private readonly string _end;
    private readonly Command _ping;

    private SteadyPing(Machine machine, string end, Command ping)
    {
        _machine = machine;
        _end = end;
        _ping = ping;
    }

    /// <summary>Its answers flow before this returns.</summary>
    public static async Task<SteadyPing> StartAsync(Node node, string container, string address)
    {
        await node.ContainerReachesAsync(container, address);
        return await StartAsync(node, ["docker", "exec", container, "ping"], $"docker exec {container} sh -c 'kill -INT $(pidof ping)'", address);
    }

    /// <summary>From the machine itself, which pings nobody else meanwhile.</summary>
    public static async Task<SteadyPing> StartAsync(Node node, string address)
    {
        await node.ReachesAsync(address);
        return await StartAsync(node, ["busybox", "ping"], "pkill -INT -x busybox", address);
    }

    private static async Task<SteadyPing> StartAsync(Node node, string[] ping, string end, string address)
    {
        var steady = new SteadyPing(node.Machine, end, node.Machine.Start([.. ping, "-i", "0.05", address]));
        await steady.AnswersAsync(20);
        return steady;
    }

    /// <summary>Waits for so many more answers: for what has just happened to have had its effect.</summary>
    public async Task AnswersAsync(int count)
    {
        var before = Answered().Count;
        await Eventually.IsTrueAsync(
            () => Task.FromResult(Answered().Count >= before + count), $"{count} more answers to the steady ping: {_ping.Text}");
    }

    /// <summary>Ends it; no number between the first and the last that were sent may be missing.</summary>
    public async Task EndsWithoutLossAsync()
    {
        await _machine.ShellAsync(_end);
        var text = (await _ping.EndAsync()).Output;
        await _ping.DisposeAsync();

        var sent = int.Parse(Sent().Match(text).Groups[1].Value);
        var answered = Answered().ToHashSet();
        // The very last one may have been on its way when the ping was told to end.
        var lost = Enumerable.Range(0, sent - 1).Where(number => !answered.Contains(number)).ToList();
        Assert.True(lost.Count == 0, $"{lost.Count} of {sent} packets were lost: {string.Join(' ', lost)}");
    }

    private List<int> Answered() => [.. Answer().Matches(_ping.Output).Select(match => int.Parse(match.Groups[1].Value))];

    [GeneratedRegex(@"bytes from \S+ seq=(\d+) ")]
    private static partial Regex Answer();

    [GeneratedRegex(@"(\d+) packets transmitted")]
    private static partial Regex Sent();
}
