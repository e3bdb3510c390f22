using System.Diagnostics;
using MeshActors.Benchmarks.Load.Agents;
using MeshActors.Domain;

namespace MeshActors.Benchmarks.Load;

/// <summary>Endpoint changes at a steady rate, of agents in turn.</summary>
internal static class Mover
{
    /// <summary>An agent that changes sooner again waits for its turn, and its news would be old before they are any.</summary>
    public static readonly TimeSpan TurnOfAnAgent = TimeSpan.FromSeconds(Limits.EndpointChangeSecondsMin + 1);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <param name="atEachTick">Told how many seconds have passed.</param>
    /// <returns>How many changes were asked for.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<SimulatedAgent> agents, double perSecond, TimeSpan duration, Action<double> atEachTick)
    {
        var began = Stopwatch.GetTimestamp();
        var moved = 0;
        using var timer = new PeriodicTimer(Tick);
        for (var passed = TimeSpan.Zero; passed < duration; passed = Stopwatch.GetElapsedTime(began))
        {
            for (var due = (int)(passed.TotalSeconds * perSecond); moved < due; moved++)
            {
                agents[moved % agents.Count].Move();
            }

            atEachTick(passed.TotalSeconds);
            await timer.WaitForNextTickAsync();
        }

        return moved;
    }
}
