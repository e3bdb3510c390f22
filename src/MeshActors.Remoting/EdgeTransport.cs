using System.Security.Cryptography;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport.DotNetty;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Edge.V1;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain.Trust;
using MeshActors.Remoting.Calls;
using MeshActors.Remoting.Wire;

namespace MeshActors.Remoting;

/// <summary>
/// An agent's way to a controller's edge over Akka remoting with mutual TLS. It has an actor system of its own, which is
/// no member of the controllers' cluster and takes nothing but the edge's messages: keep one for a process.
/// </summary>
public sealed class EdgeTransport : IAgentTransport
{
    private const int NameBytes = 16;

    private readonly ActorSystem _system;
    private readonly EdgeOptions _options;
    private readonly EdgePeer _peer;

    private EdgeTransport(ActorSystem system, EdgeOptions options, EdgePeer peer)
    {
        _system = system;
        _options = options;
        _peer = peer;
    }

    /// <summary>Starts the actor system. Nothing is connected yet.</summary>
    public static EdgeTransport Start(EdgeOptions options)
    {
        var peer = new EdgePeer(options.Authority);
        var setup = ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(EdgeForms.Config.WithFallback(Own())),
            new DotNettySslSetup(options.Certificate, suppressValidation: false, requireMutualAuthentication: true, customValidator: peer.IsGood));
        var system = ActorSystem.Create("mesh-agent", setup);
        peer.Listen(system);
        return new EdgeTransport(system, options, peer);
    }

    public async Task<IAgentExchange<JoinStep, JoinStep>> JoinAsync(CancellationToken cancellationToken) =>
        await OpenAsync<JoinStep, JoinStep>(Open.Types.Kind.Join, null, JoinStep.Parser, cancellationToken).ConfigureAwait(false);

    public async Task<IAgentExchange<AgentMessage, GatewayMessage>> ConnectAsync(Bearer? credential, CancellationToken cancellationToken) =>
        await OpenAsync<AgentMessage, GatewayMessage>(Open.Types.Kind.Connect, credential, GatewayMessage.Parser, cancellationToken).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate().ConfigureAwait(false);
        _system.Dispose();
    }

    private async Task<EdgeExchange<TOut, TIn>> OpenAsync<TOut, TIn>(
        Open.Types.Kind kind, Bearer? credential, MessageParser<TIn> parser, CancellationToken cancellationToken)
        where TOut : IMessage
        where TIn : class, IMessage<TIn>
    {
        var open = new Open { Protocol = EdgeForms.Version, Kind = kind, Credential = credential?.Reveal() ?? "" };
        var call = new OutgoingCall();
        var actor = _system.ActorOf(CallActor.Props(call, Receptionist(), open, _options.Time));
        try
        {
            await call.Opened.WaitAsync(_options.OpenTimeout, _options.Time, cancellationToken).ConfigureAwait(false);
            return new EdgeExchange<TOut, TIn>(call, actor, parser);
        }
        catch (Exception fault) when (fault is TimeoutException or IOException)
        {
            _system.Stop(actor);
            throw _peer.Unreachable($"{_options.Host}:{_options.Port}", fault);
        }
        catch
        {
            _system.Stop(actor);
            throw;
        }
    }

    /// <summary>By its address, and not by a selection: a selection's form is closed.</summary>
    private IActorRef Receptionist() => ((ExtendedActorSystem)_system).Provider.ResolveActorRef(
        new RootActorPath(new Address(EdgeForms.Protocol, EdgeForms.SystemName, _options.Host, _options.Port)) / "user" / EdgeForms.Receptionist);

    /// <summary>Nobody connects to an agent: it binds to this host alone, and answers come on the connection that it made.</summary>
    private static Config Own() => ConfigurationFactory.ParseString($$"""
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = ["MeshActors.Remoting.Calls.SilentLog, MeshActors.Remoting"]
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          coordinated-shutdown.exit-clr = off
          # Akka would end the system at the first certificate that is not good.
          coordinated-shutdown.terminate-actor-system = off
          coordinated-shutdown.run-by-actor-system-terminate = off
          remote {
            log-remote-lifecycle-events = off
            retry-gate-closed-for = 200ms
            flush-wait-on-shutdown = 1s
            dot-netty.tcp {
              hostname = "127.0.0.1"
              port = 0
              public-hostname = "{{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes))}}{{EdgeForms.AgentSuffix}}"
              public-port = 1
              connection-timeout = 5s
            }
          }
        }
        """);
}
