using MeshActors.Gameday.Sites;
using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday;

/// <param name="At">From the schedule's beginning.</param>
internal sealed record Step(TimeSpan At, string Name, Func<Task> InjectAsync);

/// <summary>One thing that goes wrong, for a while. All of it comes from the seed.</summary>
internal sealed record Fault(string Name, Func<ClusterSite, Task> InjectAsync)
{
    private static readonly TimeSpan LeaveMax = TimeSpan.FromSeconds(30);

    private static readonly IReadOnlyList<Func<Dice, Fault>> Kinds =
    [
        Kill, Kill, KillOldest, Pause, Pause, CutBothWays, CutOneWay, Isolate, LoseDatabase,
        StopDatabase, CrashDatabase, FreezeDatabase, SlowDatabase, Leave, Leave, Roll,
    ];

    /// <summary>One to three faults and when each begins.</summary>
    public static IReadOnlyList<Step> Plan(Dice dice, ClusterSite site)
    {
        var count = dice.Chance(65) ? 1 : dice.Chance(70) ? 2 : 3;
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var at = TimeSpan.FromMilliseconds(dice.Below(1_500));
            var fault = dice.Pick(Kinds)(dice);
            return new Step(at, fault.Name, () => fault.InjectAsync(site));
        })];
    }

    public static IReadOnlyList<Step> Plan(Dice dice, DiskSite site)
    {
        var time = Between(dice, 500, 5_000);
        var isKilled = dice.Chance(40);
        var full = new Step(TimeSpan.FromMilliseconds(dice.Below(1_500)), $"disk full for {time.TotalSeconds:0.0} s", async () =>
        {
            await site.FillAsync();
            await Task.Delay(time);
            await site.HealAsync();
        });
        return isKilled ? [full, new Step(Between(dice, 500, 5_000), "kill -9", () =>
        {
            site.Controllers[0].Signal("KILL");
            return Task.CompletedTask;
        })] : [full];
    }

    private static Fault Kill(Dice dice) => OnController(dice, "kill -9", (_, controller) =>
    {
        controller.Signal("KILL");
        return Task.CompletedTask;
    });

    private static Fault KillOldest(Dice dice) => new("kill -9 of the oldest", site =>
    {
        site.Controllers.MinBy(controller => controller.StartedAt)!.Signal("KILL");
        return Task.CompletedTask;
    });

    private static Fault Pause(Dice dice)
    {
        // Long enough, sometimes, that its organizations live elsewhere when it wakes and goes on as if nothing were.
        var time = Between(dice, 300, 9_000);
        return OnController(dice, $"SIGSTOP for {time.TotalSeconds:0.0} s", async (_, controller) =>
        {
            controller.Signal("STOP");
            await Task.Delay(time);
            controller.Signal("CONT");
        });
    }

    private static Fault CutBothWays(Dice dice)
    {
        var time = Between(dice, 500, 7_000);
        return OnController(dice, $"cut from the other controllers for {time.TotalSeconds:0.0} s", (site, controller) =>
            CutAsync(site, controller, time, others: true, hears: false, isHeard: false));
    }

    private static Fault CutOneWay(Dice dice)
    {
        var time = Between(dice, 500, 7_000);
        var hears = dice.Chance(50);
        return OnController(dice, $"{(hears ? "is not heard by" : "does not hear")} the other controllers for {time.TotalSeconds:0.0} s", (site, controller) =>
            CutAsync(site, controller, time, others: true, hears, isHeard: !hears));
    }

    private static Fault LoseDatabase(Dice dice)
    {
        var time = Between(dice, 500, 6_000);
        return OnController(dice, $"cut from the database for {time.TotalSeconds:0.0} s", (site, controller) =>
            CutAsync(site, controller, time, others: false, hears: false, isHeard: false));
    }

    private static Fault Isolate(Dice dice)
    {
        var time = Between(dice, 500, 7_000);
        return OnController(dice, $"off the network for {time.TotalSeconds:0.0} s", async (_, controller) =>
        {
            await controller.Machine.RunAsync("ip", "link", "set", "eth0", "down");
            await Task.Delay(time);
            await controller.Machine.RunAsync("ip", "link", "set", "eth0", "up");
        });
    }

    private static Fault StopDatabase(Dice dice)
    {
        var time = Between(dice, 0, 3_000);
        return new Fault($"database stopped for {time.TotalSeconds:0.0} s", site => site.Database.RestartAsync(isCrash: false, time));
    }

    private static Fault CrashDatabase(Dice dice)
    {
        var time = Between(dice, 0, 2_000);
        return new Fault($"database crashed for {time.TotalSeconds:0.0} s", site => site.Database.RestartAsync(isCrash: true, time));
    }

    private static Fault FreezeDatabase(Dice dice)
    {
        var time = Between(dice, 500, 5_000);
        return new Fault($"database frozen for {time.TotalSeconds:0.0} s", async site =>
        {
            await site.Database.FreezeAsync();
            await Task.Delay(time);
            await site.Database.ThawAsync();
        });
    }

    private static Fault SlowDatabase(Dice dice)
    {
        var pause = Between(dice, 20, 300);
        return new Fault($"database slower by {pause.TotalMilliseconds:0} ms for 3 s", site => site.Database.StutterAsync(pause, TimeSpan.FromSeconds(3)));
    }

    private static Fault Leave(Dice dice) => OnController(dice, "SIGTERM", async (_, controller) =>
    {
        await controller.TerminateAsync(LeaveMax);
    });

    private static Fault Roll(Dice dice) => new("rolling restart", async site =>
    {
        foreach (var controller in site.Controllers)
        {
            await controller.TerminateAsync(LeaveMax);
            await site.Readiness.WaitAsync(controller, LeaveMax);
        }
    });

    private static async Task CutAsync(ClusterSite site, ControllerMachine controller, TimeSpan time, bool others, bool hears, bool isHeard)
    {
        var far = others
            ? site.Controllers.Where(other => other != controller).Select(other => (other.Machine, other.Address)).ToList()
            : [(site.Database.Machine, site.Database.Address)];
        foreach (var (machine, address) in far)
        {
            if (!hears)
            {
                await Network.DeafenAsync(controller.Machine, address);
            }

            if (!isHeard)
            {
                await Network.DeafenAsync(machine, controller.Address);
            }
        }

        await Task.Delay(time);
        foreach (var machine in far.Select(f => f.Item1).Append(controller.Machine))
        {
            await Network.HealAsync(machine);
        }
    }

    private static Fault OnController(Dice dice, string what, Func<ClusterSite, ControllerMachine, Task> injectAsync)
    {
        var index = dice.Below(3);
        return new Fault($"controller{index + 1}: {what}", site => injectAsync(site, site.Controllers[index]));
    }

    private static TimeSpan Between(Dice dice, int least, int most) => TimeSpan.FromMilliseconds(least + dice.Below(most - least));
}
