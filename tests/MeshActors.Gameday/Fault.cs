using MeshActors.Gameday.Site;
using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday;

/// <summary>One thing that goes wrong, for a while. All of it comes from the seed.</summary>
internal sealed record Fault(string Name, Func<Lab, Task> InjectAsync)
{
    private static readonly TimeSpan LeaveMax = TimeSpan.FromSeconds(30);

    private static readonly IReadOnlyList<Func<Dice, Fault>> Kinds =
    [
        Kill, Kill, KillOldest, Pause, Pause, CutBothWays, CutOneWay, Isolate, LoseDatabase,
        StopDatabase, CrashDatabase, FreezeDatabase, SlowDatabase, Leave, Leave, Roll,
    ];

    /// <summary>One to three faults and when each begins.</summary>
    public static IReadOnlyList<(TimeSpan At, Fault Fault)> Plan(Dice dice)
    {
        var count = dice.Chance(65) ? 1 : dice.Chance(70) ? 2 : 3;
        return [.. Enumerable.Range(0, count).Select(_ => (TimeSpan.FromMilliseconds(dice.Below(1_500)), dice.Pick(Kinds)(dice)))];
    }

    private static Fault Kill(Dice dice) => OnController(dice, "kill -9", (_, controller) =>
    {
        controller.Signal("KILL");
        return Task.CompletedTask;
    });

    private static Fault KillOldest(Dice dice) => new("kill -9 of the oldest", lab =>
    {
        lab.Controllers.MinBy(controller => controller.StartedAt)!.Signal("KILL");
        return Task.CompletedTask;
    });

    private static Fault Pause(Dice dice)
    {
        var time = Between(dice, 300, 6_000);
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
        return OnController(dice, $"cut from the other controllers for {time.TotalSeconds:0.0} s", (lab, controller) =>
            CutAsync(lab, controller, time, others: true, hears: false, isHeard: false));
    }

    private static Fault CutOneWay(Dice dice)
    {
        var time = Between(dice, 500, 7_000);
        var hears = dice.Chance(50);
        return OnController(dice, $"{(hears ? "is not heard by" : "does not hear")} the other controllers for {time.TotalSeconds:0.0} s", (lab, controller) =>
            CutAsync(lab, controller, time, others: true, hears, isHeard: !hears));
    }

    private static Fault LoseDatabase(Dice dice)
    {
        var time = Between(dice, 500, 6_000);
        return OnController(dice, $"cut from the database for {time.TotalSeconds:0.0} s", (lab, controller) =>
            CutAsync(lab, controller, time, others: false, hears: false, isHeard: false));
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
        return new Fault($"database stopped for {time.TotalSeconds:0.0} s", async lab =>
        {
            await lab.Database.StopAsync();
            await Task.Delay(time);
            await lab.Database.StartAsync();
        });
    }

    private static Fault CrashDatabase(Dice dice)
    {
        var time = Between(dice, 0, 2_000);
        return new Fault($"database crashed for {time.TotalSeconds:0.0} s", async lab =>
        {
            await lab.Database.CrashAsync();
            await Task.Delay(time);
            await lab.Database.StartAsync();
        });
    }

    private static Fault FreezeDatabase(Dice dice)
    {
        var time = Between(dice, 500, 5_000);
        return new Fault($"database frozen for {time.TotalSeconds:0.0} s", async lab =>
        {
            await lab.Database.FreezeAsync();
            await Task.Delay(time);
            await lab.Database.ThawAsync();
        });
    }

    private static Fault SlowDatabase(Dice dice)
    {
        var delay = Between(dice, 20, 300);
        return new Fault($"database slower by {delay.TotalMilliseconds:0} ms for 3 s", async lab =>
        {
            await lab.Database.SlowAsync(delay);
            await Task.Delay(TimeSpan.FromSeconds(3));
            await lab.Database.HurryAsync();
        });
    }

    private static Fault Leave(Dice dice) => OnController(dice, "SIGTERM", async (_, controller) =>
    {
        controller.Signal("TERM");
        await controller.EndedAsync(LeaveMax);
    });

    private static Fault Roll(Dice dice) => new("rolling restart", async lab =>
    {
        foreach (var controller in lab.Controllers)
        {
            controller.Signal("TERM");
            await controller.EndedAsync(LeaveMax);
            await lab.Readiness.WaitAsync(controller, LeaveMax);
        }
    });

    private static async Task CutAsync(Lab lab, ControllerMachine controller, TimeSpan time, bool others, bool hears, bool isHeard)
    {
        var far = others
            ? lab.Controllers.Where(other => other != controller).Select(other => (other.Machine, other.Address)).ToList()
            : [(lab.Database.Machine, lab.Database.Address)];
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

    private static Fault OnController(Dice dice, string what, Func<Lab, ControllerMachine, Task> injectAsync)
    {
        var index = dice.Below(3);
        return new Fault($"controller{index + 1}: {what}", lab => injectAsync(lab, lab.Controllers[index]));
    }

    private static TimeSpan Between(Dice dice, int least, int most) => TimeSpan.FromMilliseconds(least + dice.Below(most - least));
}
