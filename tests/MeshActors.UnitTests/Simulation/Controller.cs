using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

/// <summary>One controller process: perhaps the entity, a feed, the calls that it waits for, and the streams of its agents.</summary>
internal sealed class Controller(World world, int place)
{
    private const long AnswerMaxMs = 2_000;
    private const long PatienceMs = 15_000;
    private const int WriteAttemptsMax = 4;

    /// <summary>An agent with a newer map than this gateway's waits so long for it.</summary>
    private const long LagMaxMs = 10_000;

    private readonly SortedDictionary<int, Ask> _asks = [];

    /// <summary>Where this process believes the entity to be.</summary>
    public int Route { get; set; }

    public bool IsUp { get; private set; } = true;

    /// <summary>Stopped by a signal: its messages wait for it.</summary>
    public bool IsPaused { get; set; }

    public Entity? Entity { get; private set; }

    public Feed Feed { get; private set; } = new(world, place);

    public bool IsAtRest => _asks.Count == 0;

    public void Crash()
    {
        IsUp = false;
        IsPaused = false;
        Entity = null;
        _asks.Clear();
        Feed = new Feed(world, place);
        world.BreakStreamsOf(place);
    }

    public void Start() => IsUp = true;

    public void HandOver(int to)
    {
        Route = to;
        if (to != place && Entity is { } entity)
        {
            entity.Stop();
            Forget();
        }
    }

    public void Tick()
    {
        Feed.Tick();
        Look();
        foreach (var (number, ask) in _asks.ToList())
        {
            if (world.Now - ask.Since > PatienceMs)
            {
                End(number, ask, new Outcome.Unknown());
            }
            else if (world.Now - ask.SentAt > AnswerMaxMs)
            {
                Send(number, ask);
            }
        }
    }

    public void Receive(Envelope envelope)
    {
        switch (envelope.Message)
        {
            case Message.Execute or Message.Subscribe when Host() is { } entity:
                entity.Receive(envelope);
                Forget();
                break;
            case Message.Written written when Entity is { } entity && entity.Number == written.Entity:
                entity.Written(written.IsStored);
                Forget();
                break;
            case Message.Answer answer:
                Hear(answer);
                break;
            case Message.Entries entries:
                Feed.Take(entries);
                Look();
                break;
            case Message.Whole whole:
                Feed.Take(whole);
                Look();
                break;
            case Message.Call call:
                Begin(call.Command, outcome => world.Send(place, envelope.From, new Message.Returned(call.Number, outcome)));
                break;
        }
    }

    /// <summary>Credential, place in the feed, then what the agent announces.</summary>
    public void Accept(AgentStream stream)
    {
        if (!Feed.IsKnown || (Refuses(stream) && stream.WaitsFor == 0))
        {
            // A credential may have been made a moment ago on another process: the entity is asked first.
            stream.WaitsFor = Feed.NextNumber;
            Feed.AskIfIdle();
        }
        else if (Refuses(stream))
        {
            // For good only by what the journal says now: the answer may be that of an entity which has lost its place.
            stream.Turn(isFinal: world.Journal.IsUp && world.Reaches(place, World.Database) && Feed.Revision == world.Journal.Rows.Count);
        }
        else if (stream.Have.Revision > Feed.Revision && world.Now - stream.Since < LagMaxMs)
        {
            // It comes from a gateway that is ahead: nobody is led back while this one catches up.
            stream.WaitsFor = 1;
            Feed.AskIfIdle();
        }
        else
        {
            stream.WaitsFor = -1;
            stream.HasWaited = stream.Have.Revision > Feed.Revision;
            stream.Position = world.Behaviour.Resume(stream.Have.Revision, Feed.Knows(stream.Have.Revision, stream.Have.Digest));
            world.Oracle.Resumed(stream, Feed);
            Begin(stream.Announce, outcome => Serve(stream, outcome));
        }
    }

    public void Report(OrganizationCommand.ReportEndpoints report) => Begin(report, _ => { });

    // An entity is where it is believed to be; elsewhere nothing answers.
    private Entity? Host()
    {
        if (Entity is null && Route == place && world.Journal.IsUp && world.Reaches(place, World.Database))
        {
            Entity = world.NewEntity(place);
        }

        return Entity;
    }

    private void Forget() => Entity = Entity is { IsStopped: true } ? null : Entity;

    private void Begin(OrganizationCommand command, Action<Outcome> ended)
    {
        var named = command is OrganizationCommand.Join join ? join with { NewNode = world.NewNode() } : command;
        var number = world.NextNumber();
        var ask = new Ask(new Request(number, named, world.Time), ended) { Since = world.Now };
        _asks.Add(number, ask);
        Send(number, ask);
    }

    private void Send(int number, Ask ask)
    {
        ask.SentAt = world.Now;
        world.Send(place, Route, new Message.Execute(number, ask.Request));
    }

    private void Hear(Message.Answer answer)
    {
        if (!_asks.TryGetValue(answer.Ask, out var ask))
        {
            return;
        }

        if (answer.Outcome is not Outcome.Unknown || ++ask.Failures >= WriteAttemptsMax)
        {
            End(answer.Ask, ask, answer.Outcome);
        }
    }

    private void End(int number, Ask ask, Outcome outcome)
    {
        _asks.Remove(number);
        world.Oracle.Answered(ask.Request, outcome);
        ask.Ended(outcome);
    }

    private static void Serve(AgentStream stream, Outcome outcome)
    {
        stream.IsServed = outcome is Outcome.Done;
        if (!stream.IsServed)
        {
            stream.Turn(isFinal: false, isRefused: outcome is Outcome.Refused);
        }
    }

    private void Look()
    {
        foreach (var stream in world.StreamsOf(place).ToList())
        {
            if (stream.WaitsFor > 0 && stream.WaitsFor <= Feed.Answered)
            {
                Accept(stream);
            }
            else if (stream.WaitsFor > 0)
            {
                Feed.AskIfIdle();
            }
            else if (stream.WaitsFor < 0 && Refuses(stream))
            {
                stream.Turn(isFinal: true);
            }
        }
    }

    private bool Refuses(AgentStream stream) =>
        !Feed.State.Nodes.TryGetValue(stream.Node, out var node) || node.IsRemoved || !node.Credential.Matches(stream.Credential);

    private sealed class Ask(Request request, Action<Outcome> ended)
    {
        public Request Request { get; } = request;

        public Action<Outcome> Ended { get; } = ended;

        public long Since { get; init; }

        public long SentAt { get; set; }

        public int Failures { get; set; }
    }
}
