using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

/// <summary>Who gives commands to any gateway, and gives the same again until somebody answers.</summary>
internal abstract class Client(World world, int place)
{
    private const long PatienceMs = 5_000;

    private (int Number, OrganizationCommand Command, Action<Outcome> Ended)? _call;
    private long _sentAt;

    public int Place { get; } = place;

    public bool IsCalling => _call is not null;

    public void Call(OrganizationCommand command, Action<Outcome> ended)
    {
        _call = (world.NextNumber(), command, ended);
        Send();
    }

    public void Abandon() => _call = null;

    public void Tick()
    {
        if (IsCalling && world.Now - _sentAt > PatienceMs)
        {
            Send();
        }
    }

    public void Receive(Message.Returned message)
    {
        if (_call is not var (number, _, ended) || number != message.Number)
        {
            return;
        }

        if (message.Outcome is Outcome.Unknown)
        {
            Send();
            return;
        }

        _call = null;
        ended(message.Outcome);
    }

    private void Send()
    {
        _sentAt = world.Now;
        if (_call is var (number, command, _) && world.PickReachable() is { } controller)
        {
            world.Send(Place, controller, new Message.Call(number, command));
        }
    }
}

/// <summary>Removes nodes, and makes keys with which machines take their places.</summary>
internal sealed class Operator(World world, int place) : Client(world, place)
{
    private readonly World _world = world;

    public bool HasFlushed { get; private set; }

    /// <summary>
    /// Stores something. An entity that lost its place without knowing is told so when it next writes; until then what the
    /// other one stored last is in the journal and nowhere else.
    /// </summary>
    public void Flush()
    {
        if (!IsCalling && !HasFlushed)
        {
            Call(new OrganizationCommand.CreateJoinKey(_world.NewJoinKey(null)), _ => HasFlushed = true);
        }
    }

    public void Act()
    {
        if (IsCalling || _world.AnyNode() is not { } node)
        {
            return;
        }

        if (_world.Dice.Chance(40))
        {
            Call(new OrganizationCommand.RemoveNode(node), _ => { });
        }
        else
        {
            var key = _world.NewJoinKey(node);
            var machine = _world.Dice.Pick(_world.Machines);
            Call(new OrganizationCommand.CreateJoinKey(key), outcome =>
            {
                if (outcome is Outcome.Done)
                {
                    machine.TakePlace(key);
                }
            });
        }
    }
}
