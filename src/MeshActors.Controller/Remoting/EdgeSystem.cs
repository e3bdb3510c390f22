using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport.DotNetty;
using MeshActors.Cluster.Hosting;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.Gateway;
using MeshActors.Controller.Hosting;
using MeshActors.Remoting.Wire;

namespace MeshActors.Controller.Remoting;

/// <summary>
/// The agents' door over Akka remoting: an actor system beside the gateway, of no cluster, that reads five messages and
/// nothing else. Starts after the mesh answers, ends after the streams were told to go.
/// </summary>
/// <param name="services">Asked late: the mesh is there only once the cluster has started.</param>
internal sealed partial class EdgeSystem(
    ControllerOptions options,
    MeshOptions mesh,
    IServiceProvider services,
    RefusalLog refusals,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService
{
    /// <summary>For calls that are told to go: their last write has three seconds.</summary>
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = loggers.CreateLogger<EdgeSystem>();
    private ActorSystem? _system;
    private IActorRef _receptionist = ActorRefs.Nobody;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var address = EdgeAddress.Of(options);
        try
        {
            _system = ActorSystem.Create(EdgeForms.SystemName, Setup(address));
        }
        // Akka wraps what the socket said in several of its own.
        catch (Exception fault) when (fault is not StartException)
        {
            throw StartException.Host(
                $"cannot listen on {options.EdgeListen} for agents over Akka remoting: {fault.GetBaseException().Message.TrimEnd('.')}. "
                + "Choose an address of this host and a free port with --edge-listen.", fault);
        }

        _system.ActorOf(EdgeLog.Props(refusals, _logger), "log");
        _receptionist = _system.ActorOf(AgentReceptionist.Props(services.GetRequiredService<AgentCalls>(), time), EdgeForms.Receptionist);
        Listens(address.Host, address.Port);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_system is not { } system)
        {
            return;
        }

        try
        {
            await _receptionist.Ask<AgentReceptionist.Closed>(AgentReceptionist.Close.Instance, DrainMax, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception late) when (late is AskTimeoutException or OperationCanceledException)
        {
            // Those that are left end with the system; they come back elsewhere.
        }

        await system.Terminate().ConfigureAwait(false);
        system.Dispose();
    }

    private ActorSystemSetup Setup((string Host, int Port) address)
    {
        var identity = mesh.Identity ?? throw new InvalidOperationException("A controller has a certificate.");
        var trust = new AgentTrust(identity.Authority, refusals, loggers.CreateLogger<AgentTrust>());
        return ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(Config(address)),
            new DotNettySslSetup(identity.Certificate, suppressValidation: false, requireMutualAuthentication: true, customValidator: trust.IsGood));
    }

    private Config Config((string Host, int Port) address) => EdgeForms.Config
        .WithFallback(ConfigurationFactory.ParseString($$"""
            akka.remote.dot-netty.tcp {
              hostname = "{{options.EdgeListen!.Address}}"
              port = {{options.EdgeListen.Port}}
              public-hostname = "{{address.Host}}"
              public-port = {{address.Port}}
            }
            """))
        .WithFallback(ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", "edge.conf"))));

    [LoggerMessage(EventId = 2304, Level = LogLevel.Information, Message = "Agents reach this controller over Akka remoting at {Host}:{Port}, by this very name.")]
    private partial void Listens(string host, int port);
}
