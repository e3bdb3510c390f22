namespace MeshActors.UnitTests.Simulation;

/// <summary>What happens next. In the storm anything may; then all is healed, and everything must come to rest.</summary>
internal sealed partial class World
{
    /// <summary>Rounds of a second each: a call's patience, several times over.</summary>
    private const int QuietRoundsMax = 300;

    private const int DeliveriesPerRoundMax = 2_000;

    public void Run()
    {
        var steps = 60 + Dice.Below(140);
        for (var step = 0; step < steps; step++)
        {
            Storm();
        }

        Heal();
        Settle();
        Oracle.Judge(Machines);
    }

    private void Storm()
    {
        switch (Dice.Below(100))
        {
            case < 45:
                DeliverOne(isLossy: true);
                break;
            case < 63:
                Dice.Pick(Machines).Stream?.Step();
                break;
            case < 73:
                Advance(100 + Dice.Below(3_000));
                break;
            case < 87:
                Dice.Pick(Machines).Act();
                break;
            case < 90:
                Disturb(Dice.Pick(Machines));
                break;
            case < 93:
                _operator.Act();
                break;
            default:
                Fault();
                break;
        }
    }

    private void Disturb(Machine machine)
    {
        switch (Dice.Below(3))
        {
            case 0:
                Trace($"client{machine.Place - FirstClient} is started anew");
                machine.Restart();
                break;
            case 1:
                Trace($"client{machine.Place - FirstClient} loses its connection");
                machine.Disconnect();
                break;
            default:
                machine.ReportEndpoints();
                break;
        }
    }

    private void Fault()
    {
        var place = Dice.Below(ControllerCount);
        var controller = Controllers[place];
        switch (Dice.Below(8))
        {
            case 0:
                Trace($"controller{place} {(controller.IsUp ? "is killed" : "starts")}");
                if (controller.IsUp)
                {
                    controller.Crash();
                    _network.RemoveAll(envelope => envelope.To == place);
                }
                else
                {
                    controller.Start();
                }

                break;
            case 1:
                Trace($"controller{place} {(controller.IsPaused ? "goes on" : "stands still")}");
                controller.IsPaused = controller.IsUp && !controller.IsPaused;
                break;
            case 2:
                Cut(place, Dice.Pick([0, 1, 2, Database]));
                break;
            case 3:
                Trace("the network is whole");
                _cut.Clear();
                break;
            case 4:
                Journal.IsUp = !Journal.IsUp;
                Trace($"the database {(Journal.IsUp ? "is up" : "is down")}");
                break;
            default:
                MoveHome(Dice.Below(ControllerCount));
                break;
        }
    }

    private void Cut(int one, int other)
    {
        var isOneWay = Dice.Chance(50);
        Trace($"cut {one} {(isOneWay ? "to" : "and")} {other}");
        if (one != other)
        {
            _cut.Add((one, other));
            if (!isOneWay)
            {
                _cut.Add((other, one));
            }
        }
    }

    // Not all hear of it, and not at once: for a time two entities live.
    private void MoveHome(int home)
    {
        foreach (var (controller, place) in Controllers.Select((c, place) => (c, place)).Where(_ => Dice.Chance(60)).ToList())
        {
            Trace($"controller{place} believes the entity on controller{home}");
            controller.HandOver(home);
        }
    }

    private void Heal()
    {
        Trace("all is healed");
        _cut.Clear();
        Journal.IsUp = true;
        var home = Dice.Below(ControllerCount);
        foreach (var controller in Controllers)
        {
            controller.Start();
            controller.IsPaused = false;
            controller.HandOver(home);
        }
    }

    private void Settle()
    {
        for (var round = 0; round < QuietRoundsMax; round++)
        {
            for (var delivery = 0; _network.Count > 0 && delivery < DeliveriesPerRoundMax; delivery++)
            {
                DeliverOne(isLossy: false);
            }

            foreach (var machine in Machines)
            {
                for (var step = 0; step < 20; step++)
                {
                    machine.Stream?.Step();
                }
            }

            if (_network.Count == 0 && _operator.HasFlushed && Machines.All(machine => machine.IsAtRest) && Controllers.All(c => c.IsAtRest))
            {
                return;
            }

            foreach (var machine in Machines)
            {
                machine.Act();
            }

            _operator.Flush();
            Advance(1_000);
        }

        throw new BrokenPromiseException($"It does not come to rest in {QuietRoundsMax} s: {string.Join("; ", Machines.Where(m => !m.IsAtRest).Select(m => $"client {m.Place} has {m.Map.Revision}"))}.");
    }

    private void Advance(int milliseconds)
    {
        Now += milliseconds;
        foreach (var controller in Controllers.Where(c => c is { IsUp: true, IsPaused: false }))
        {
            controller.Tick();
        }

        foreach (var machine in Machines)
        {
            machine.Tick();
        }

        _operator.Tick();
    }
}
