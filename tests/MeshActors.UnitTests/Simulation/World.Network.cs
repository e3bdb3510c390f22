namespace MeshActors.UnitTests.Simulation;

/// <summary>Messages are delivered in any order, lost and doubled; within a process they are in order and are not lost.</summary>
internal sealed partial class World
{
    private void DeliverOne(bool isLossy)
    {
        if (_network.Count == 0)
        {
            return;
        }

        var picked = _network[Dice.Below(_network.Count)];
        if (picked.To < FirstClient && picked.To != Database && Controllers[picked.To].IsPaused)
        {
            return;
        }

        var envelope = picked.From == picked.To ? _network.First(other => other.From == picked.From && other.To == picked.To) : picked;
        _network.Remove(envelope);
        var isLocal = envelope.From == envelope.To || envelope.Message is Message.Written;
        if (isLossy && !isLocal && (Dice.Chance(7) || !Reaches(envelope.From, envelope.To)))
        {
            Trace($"lost: {envelope}");
            Lose(envelope);
            return;
        }

        if (isLossy && !isLocal && envelope.Message is not Message.Write && Dice.Chance(5))
        {
            Trace($"doubled: {envelope}");
            _network.Add(envelope);
        }

        Trace(envelope.ToString());
        Deliver(envelope);
    }

    private void Deliver(Envelope envelope)
    {
        if (envelope.Message is Message.Write write)
        {
            Store(envelope.From, write);
        }
        else if (envelope.Message is Message.Returned returned)
        {
            Clients.First(client => client.Place == envelope.To).Receive(returned);
        }
        else if (Controllers[envelope.To].IsUp)
        {
            Controllers[envelope.To].Receive(envelope);
        }
    }

    private IEnumerable<Client> Clients => Machines.Append<Client>(_operator);

    /// <summary>A write may be stored though its writer is told that it failed, and long after it was told so.</summary>
    private void Store(int writer, Message.Write write)
    {
        var isStored = Journal.IsUp && Journal.TryAppend(write.First, write.Batch);
        Send(Database, writer, new Message.Written(write.Entity, isStored && !Dice.Chance(4)));
    }

    // The connection of a writer tells it that it broke; what was on it may still arrive.
    private void Lose(Envelope envelope)
    {
        if (envelope.Message is Message.Write write)
        {
            Send(Database, envelope.From, new Message.Written(write.Entity, false));
            if (Dice.Chance(30))
            {
                _network.Add(envelope with { From = envelope.From });
            }
        }
    }
}
