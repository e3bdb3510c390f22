using System.Diagnostics;

namespace MeshActors.SystemTests.Lab;

/// <summary>Waits for a condition by asking again: the tests never guess how long something takes.</summary>
public static class Eventually
{
    /// <summary>Longer than an agent's repair timer and any back-off, on a loaded machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs the assertions until they hold; after <see cref="Patience"/> the last failure is thrown.</summary>
    public static async Task HoldsAsync(Func<Task> assertions)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await assertions();
                return;
            }
            catch (Exception exception) when (clock.Elapsed < Patience && exception is not HopelessException)
            {
                await Task.Delay(Between, TimeProvider.System);
            }
        }
    }

    public static Task IsTrueAsync(Func<Task<bool>> condition, string sentence) =>
        HoldsAsync(async () => Assert.True(await condition(), $"Not within {Patience.TotalSeconds} s: {sentence}"));
}

/// <summary>What is waited for will not come.</summary>
public sealed class HopelessException(string message) : Exception(message);
