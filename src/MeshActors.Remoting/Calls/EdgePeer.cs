using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using MeshActors.Contracts.Sessions;
using MeshActors.Contracts.Trust;
using System.Net.Security;

namespace MeshActors.Remoting.Calls;

/// <summary>What is known of the other side: whether it is a controller, and why a connection failed last.</summary>
internal sealed class EdgePeer(X509Certificate2 authority)
{
    private volatile string? _distrust;
    private volatile string? _lastError;

    /// <summary>Akka's callback: is this a controller of the mesh?</summary>
    public bool IsGood(X509Certificate2? certificate, X509Chain? chain, string address, SslPolicyErrors errors, ILoggingAdapter log)
    {
        _distrust = PeerTrust.FindFault(certificate, authority, PeerRole.Controller);
        return _distrust is null;
    }

    public void Listen(ActorSystem system) => system.ActorOf(Props.Create(() => new Listener(this)), "errors");

    public ControllerUnreachableException Unreachable(string place, Exception fault)
    {
        if (_distrust is { } distrust)
        {
            return new ControllerUnreachableException($"{place} is not this mesh's controller. {distrust}", isDistrust: true, fault);
        }

        var cause = _lastError ?? (fault is IOException ? fault.Message : "no answer came in time");
        return new ControllerUnreachableException(
            $"{place}: {cause}. Check that the edge listens there, that it advertises this very name, and that it trusts this certificate.", false, fault);
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(EdgePeer peer)
        {
            Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
            Receive<AssociationErrorEvent>(e => peer._lastError = Innermost(e.Cause).Message.Split('\n')[0].TrimEnd('.', ' '));
        }

        private static Exception Innermost(Exception e)
        {
            while (e.InnerException is { } inner)
            {
                e = inner;
            }

            return e;
        }
    }
}

/// <summary>What Akka would print, the transport says to its caller.</summary>
public sealed class SilentLog : ReceiveActor
{
    public SilentLog()
    {
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        ReceiveAny(_ => { });
    }
}
