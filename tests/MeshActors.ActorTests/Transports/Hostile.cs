using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport.DotNetty;
using Akka.Serialization;
using Google.Protobuf;
using MeshActors.Contracts.Edge.V1;
using MeshActors.Remoting.Wire;

namespace MeshActors.ActorTests.Transports;

/// <summary>An ordinary Akka program that holds an agent's certificate and means harm.</summary>
internal sealed class Hostile : IAsyncDisposable
{
    private readonly ActorSystem _system;
    private readonly Address _edge;

    public Hostile(X509Certificate2 certificate, int edgePort, string host)
    {
        Host = host;
        _edge = new Address(EdgeForms.Protocol, EdgeForms.SystemName, "127.0.0.1", edgePort);
        var config = ConfigurationFactory.ParseString($$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.actor.provider = remote
            akka.actor.serializers.mine = "{{typeof(UnlistedSerializer).FullName}}, {{typeof(UnlistedSerializer).Assembly.GetName().Name}}"
            akka.actor.serialization-bindings."{{typeof(Unlisted).FullName}}, {{typeof(Unlisted).Assembly.GetName().Name}}" = mine
            akka.actor.serialization-bindings."{{typeof(Open).FullName}}, {{typeof(Open).Assembly.GetName().Name}}" = mine
            akka.remote.retry-gate-closed-for = 100ms
            akka.remote.dot-netty.tcp {
              hostname = "127.0.0.1"
              port = 0
              public-hostname = "{{host}}"
              public-port = 1
              enable-ssl = on
            }
            """);
        _system = ActorSystem.Create("hostile", ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(config),
            new DotNettySslSetup(certificate, suppressValidation: false, requireMutualAuthentication: true, customValidator: (_, _, _, _, _) => true)));
    }

    /// <summary>As its edge sees it.</summary>
    public string Host { get; }

    public IInternalActorRef At(string path) =>
        (IInternalActorRef)((ExtendedActorSystem)_system).Provider.ResolveActorRef(
            path.Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate((ActorPath)new RootActorPath(_edge), (parent, name) => parent / name));

    public ActorSelection Select(string path) => _system.ActorSelection(new RootActorPath(_edge) + path.TrimStart('/'));

    public void Create(string name) =>
        _system.ActorOf(Props.Create<Created>().WithDeploy(new Deploy(new RemoteScope(_edge))), name);

    /// <summary>A good message from an actor that an answer would reach.</summary>
    public void Open(IActorRef there) => there.Tell(
        new Open { Protocol = EdgeForms.Version, Kind = Contracts.Edge.V1.Open.Types.Kind.Connect }, _system.ActorOf(Props.Create<Created>()));

    public void Watch(IActorRef there) => _system.ActorOf(Props.Create(() => new Watcher(there)));

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        _system.Dispose();
    }

    /// <summary>Counts the times that bytes made one: only a serializer sets its text.</summary>
    public sealed class Gadget
    {
        private static int _ran;
        private string _text = "";

        public static int Ran => Volatile.Read(ref _ran);

        public string Text
        {
            get => _text;
            set
            {
                _text = value;
                Interlocked.Increment(ref _ran);
            }
        }

        public static Gadget Armed() => new() { _text = "rm" };
    }

    public sealed class Created : UntypedActor
    {
        private static int _count;

        public Created() => Interlocked.Increment(ref _count);

        public static int Count => Volatile.Read(ref _count);

        protected override void OnReceive(object message)
        {
        }
    }

    public sealed record Unlisted;

    /// <summary>The edge's own form, with a manifest that it has and one that it has not.</summary>
    public sealed class UnlistedSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 7303;

        public override string Manifest(object o) => o is Open ? "open.v1" : "evil.v1";

        public override byte[] ToBinary(object obj) => obj is Open open ? open.ToByteArray() : [1, 2, 3];

        public override object FromBinary(byte[] bytes, string manifest) => throw new NotSupportedException();
    }

    private sealed class Watcher : UntypedActor
    {
        public Watcher(IActorRef there) => Context.Watch(there);

        protected override void OnReceive(object message)
        {
        }
    }
}
