using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Edge.V1;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using MeshActors.Remoting.Wire;

namespace MeshActors.Controller.Remoting;

/// <summary>Takes calls from agents and gives each an actor of its own, within limits.</summary>
internal sealed class AgentReceptionist : ReceiveActor
{
    /// <summary>Each is a TCP connection with TLS and actors at both ends, near 1 MB, and one window of messages.</summary>
    public const int SessionsMax = 1_000;

    /// <summary>A stream, the one that it replaces, a join, and one that has not noticed its end yet.</summary>
    public const int SessionsPerAgentMax = 4;

    private const int CredentialLengthMax = 256;
    private const int NameBytes = 16;

    private static readonly Refusal Full = new(RefusalCodes.Overloaded,
        $"{SessionsMax} agents are connected over Akka remoting, the most that this controller takes; use another, or gRPC.");

    private static readonly Refusal TooMany = new(RefusalCodes.Overloaded,
        $"This agent has {SessionsPerAgentMax} calls already, the most that one may have; end one.");

    private static readonly Refusal Closing = new(RefusalCodes.Unavailable, "This controller is stopping; come back in a moment.");

    private readonly AgentCalls _calls;
    private readonly TimeProvider _time;
    private readonly Dictionary<IActorRef, Address> _sessions = [];
    private readonly Dictionary<Address, HashSet<IActorRef>> _byAgent = [];
    private IActorRef? _closer;

    public AgentReceptionist(AgentCalls calls, TimeProvider time)
    {
        _calls = calls;
        _time = time;
        Receive<Open>(open =>
        {
            if (!HasAgentsName(Sender))
            {
                // Without an answer: Akka would call any other name, wherever that leads.
                Context.GetLogger().Warning("Open from [{0}:{1}], which is no agent's name", Sender.Path.Address.Host, Sender.Path.Address.Port);
            }
            else if (Check(open) is { } reason)
            {
                Sender.Tell(new End { Reason = new Refused { Code = reason.Code, Message = reason.Message } });
            }
            else
            {
                Begin(open);
            }
        });
        Receive<Terminated>(ended => Forget(ended.ActorRef));
        Receive<DisassociatedEvent>(Disassociated);
        Receive<Close>(_ =>
        {
            _closer = Sender;
            TellIfEmpty();
        });
    }

    public static Props Props(AgentCalls calls, TimeProvider time) => Akka.Actor.Props.Create(() => new AgentReceptionist(calls, time));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private static bool HasAgentsName(IActorRef sender) =>
        sender.Path.Address.Host?.EndsWith(EdgeForms.AgentSuffix, StringComparison.OrdinalIgnoreCase) == true;

    private Refusal? Check(Open open) =>
        _closer is not null ? Closing
        : open.Protocol != EdgeForms.Version ? AgentProtocol.Unsupported(open.Protocol)
        : open.Kind is not (Open.Types.Kind.Join or Open.Types.Kind.Connect) ? Edge.Malformed("it opens no known kind of call")
        : open.Credential.Length > CredentialLengthMax ? Edge.Malformed("its credential is too long")
        : _sessions.Count >= SessionsMax ? Full
        : _byAgent.GetValueOrDefault(Sender.Path.Address)?.Count >= SessionsPerAgentMax ? TooMany
        : null;

    private void Begin(Open open)
    {
        var address = Sender.Path.Address;
        var origin = new CallOrigin(
            open.Credential.Length == 0 ? null : open.Credential, null, $"akka:{address.Host}", Caller.RequestId(open.RequestId) ?? Random());
        var session = Context.ActorOf(AgentSession.Props(open.Kind, Sender, origin, _calls, _time), Random());
        Context.Watch(session);
        _sessions[session] = address;
        if (!_byAgent.TryGetValue(address, out var ofAgent))
        {
            _byAgent[address] = ofAgent = [];
        }

        ofAgent.Add(session);
    }

    private void Forget(IActorRef session)
    {
        if (_sessions.Remove(session, out var address) && _byAgent.TryGetValue(address, out var ofAgent) && ofAgent.Remove(session) && ofAgent.Count == 0)
        {
            _byAgent.Remove(address);
        }

        TellIfEmpty();
    }

    /// <summary>What was on the way is lost, so its calls cannot go on.</summary>
    private void Disassociated(DisassociatedEvent gone)
    {
        foreach (var session in _byAgent.GetValueOrDefault(gone.RemoteAddress) ?? [])
        {
            session.Tell(AgentSession.Gone.Instance);
        }
    }

    private void TellIfEmpty()
    {
        if (_sessions.Count == 0)
        {
            _closer?.Tell(Closed.Instance);
        }
    }

    private static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes));

    /// <summary>Takes no more calls, and answers with <see cref="Closed"/> when the last has ended.</summary>
    internal sealed record Close
    {
        public static readonly Close Instance = new();
    }

    internal sealed record Closed
    {
        public static readonly Closed Instance = new();
    }
}
