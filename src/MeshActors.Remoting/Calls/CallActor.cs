using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using MeshActors.Contracts.Edge.V1;
using MeshActors.Contracts.Sessions;

namespace MeshActors.Remoting.Calls;

/// <summary>What the caller holds of a call, while an actor hears for it.</summary>
internal sealed class OutgoingCall : IDisposable
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Line? _line;

    /// <summary>Done when the edge has taken the call, or has refused it.</summary>
    public Task Opened => _opened.Task;

    /// <summary>There once it is opened.</summary>
    public Line Line => _line ?? throw new InvalidOperationException("The call is not open.");

    public Line Begin(IActorRef self, int messageBytesMax, TimeProvider time) => _line = new Line(self, messageBytesMax, time);

    public void Open() => _opened.TrySetResult();

    public void Refuse(Exception fault) => _opened.TrySetException(fault);

    public void Dispose()
    {
        _line?.Dispose();
        Refuse(new IOException("the call has ended"));
    }
}

/// <summary>The agent's end of one call.</summary>
internal sealed class CallActor : ReceiveActor, IWithTimers
{
    /// <summary>A whole map's piece with 500 nodes and all their prefixes stays under it.</summary>
    private const int MessageBytesMax = 4 * 1024 * 1024;

    private readonly IActorRef _receptionist;
    private readonly Open _open;
    private readonly OutgoingCall _call;
    private readonly Line _line;
    private IActorRef _session = ActorRefs.Nobody;

    public CallActor(OutgoingCall call, IActorRef receptionist, Open open, TimeProvider time)
    {
        _call = call;
        _receptionist = receptionist;
        _open = open;
        _line = call.Begin(Self, MessageBytesMax, time);
        Receive<Opened>(_ => Begin(Sender), _ => _session.IsNobody());
        Receive<End>(End);
        Receive<Piece>(_line.Hear, _ => Sender.Equals(_session));
        Receive<Taken>(_line.Hear, _ => Sender.Equals(_session));
        Receive<HangUp>(_ => Context.Stop(Self));
        Receive<Beat>(_ => _line.Beat());
        Receive<DisassociatedEvent>(_ => Lost("the connection is gone"), IsAboutTheEdge);
        Receive<AssociationErrorEvent>(_ => Lost("no connection"), IsAboutTheEdge);
        // Akka waits before it connects again, and drops what is sent meanwhile.
        Receive<DeadLetter>(_ => Lost("no connection"), letter => ReferenceEquals(letter.Message, _open));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(OutgoingCall call, IActorRef receptionist, Open open, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new CallActor(call, receptionist, open, time));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(AssociationEvent));
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
        Timers.StartPeriodicTimer("beat", Beat.Instance, Line.BeatInterval);
        _receptionist.Tell(_open);
    }

    protected override void PostStop()
    {
        if (!_session.IsNobody())
        {
            _session.Tell(new End());
        }

        _call.Dispose();
    }

    private bool IsAboutTheEdge(AssociationEvent e) => e.RemoteAddress.Equals(_receptionist.Path.Address);

    private void Lost(string fault)
    {
        _call.Refuse(new IOException(fault));
        _line.Break(fault);
    }

    private void Begin(IActorRef session)
    {
        _session = session;
        _line.Open(session);
        _call.Open();
    }

    private void End(End end)
    {
        if (_session.IsNobody())
        {
            _call.Refuse(ToFault(end.Reason));
            Context.Stop(Self);
        }
        else if (Sender.Equals(_session))
        {
            // It is gone: nothing is said to it any more.
            _session = ActorRefs.Nobody;
            _line.Hear(end, ToFault);
        }
    }

    private static Exception ToFault(Contracts.Agent.V1.Refused? reason) => reason is null
        ? new IOException("the edge ended the call before it began")
        : Answers.IsPassing(reason.Code)
            ? new ControllerUnreachableException(reason.Message)
            : new ControllerRefusedException(reason.Code, reason.Message);

    /// <summary>The caller has what it wanted.</summary>
    internal sealed record HangUp
    {
        public static readonly HangUp Instance = new();
    }

    private sealed record Beat
    {
        public static readonly Beat Instance = new();
    }
}
