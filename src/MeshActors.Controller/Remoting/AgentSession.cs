using Akka.Actor;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Edge.V1;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using MeshActors.Remoting.Calls;

namespace MeshActors.Controller.Remoting;

/// <summary>The edge's end of one agent's call: hears the agent alone, and ends with the call.</summary>
internal sealed class AgentSession : ReceiveActor, IWithTimers, IDisposable
{
    private readonly Open.Types.Kind _kind;
    private readonly IActorRef _agent;
    private readonly CallOrigin _origin;
    private readonly AgentCalls _calls;
    private readonly Line _line;

    public AgentSession(Open.Types.Kind kind, IActorRef agent, CallOrigin origin, AgentCalls calls, TimeProvider time)
    {
        _kind = kind;
        _agent = agent;
        _origin = origin;
        _calls = calls;
        _line = new Line(Self, AgentProtocol.MessageBytesMax, time);
        Receive<Piece>(_line.Hear, _ => IsFromAgent);
        Receive<Taken>(_line.Hear, _ => IsFromAgent);
        Receive<End>(_ => _line.Break("the agent has hung up"), _ => IsFromAgent);
        Receive<Gone>(_ => _line.Break("the agent's connection is gone"));
        Receive<Beat>(_ => _line.Beat());
        Receive<Answered>(answered =>
        {
            _agent.Tell(new End { Reason = answered.Reason is { } reason ? new Refused { Code = reason.Code, Message = reason.Message } : null });
            Context.Stop(Self);
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    // Whoever holds an agent's certificate may send here; the name of this actor is random, and only its agent was told it.
    private bool IsFromAgent => Sender.Equals(_agent);

    public static Props Props(Open.Types.Kind kind, IActorRef agent, CallOrigin origin, AgentCalls calls, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new AgentSession(kind, agent, origin, calls, time));

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("beat", Beat.Instance, Line.BeatInterval);
        _agent.Tell(new Opened(), Self);
        _line.Open(_agent);
        AnswerAsync().PipeTo(Self);
    }

    protected override void PostStop() => Dispose();

    public void Dispose() => _line.Dispose();

    private async Task<Answered> AnswerAsync() => new(await _calls.AnswerAsync(_kind, _line, _origin).ConfigureAwait(false));

    /// <summary>The connection that carried the agent has ended.</summary>
    internal sealed record Gone
    {
        public static readonly Gone Instance = new();
    }

    private sealed record Answered(Refusal? Reason);

    private sealed record Beat
    {
        public static readonly Beat Instance = new();
    }
}
