using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Feeds;
using MeshActors.Cluster.Membership;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Projections;
using MeshActors.Cluster.Regions;
using MeshActors.Cluster.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace MeshActors.Cluster.Hosting;

public static class MeshHosting
{
    /// <summary>The actor system's name: processes of one cluster share it.</summary>
    public const string SystemName = "mesh";

    /// <summary>What the host must allow for a clean stop: all phases in which entities move and the process leaves.</summary>
    public static readonly TimeSpan ShutdownMax = TimeSpan.FromSeconds(40);

    /// <summary>
    /// Between the end of the organizations here and the leave: a coordinator that lives here too finds them another home
    /// meanwhile, and they need not wait for its heir.
    /// </summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(500);

    private static readonly string[] Files = ["cluster.conf", "serialization.conf", "remoting.conf"];

    /// <summary>
    /// Adds <see cref="IMesh"/> and <see cref="MeshReadiness"/>, and starts with the host: a cluster of one by itself, or
    /// a member of a larger one: of the seeds that are named, or of whoever shares the database.
    /// </summary>
    public static IServiceCollection AddMesh(this IServiceCollection services, MeshOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<MeshReadiness>().AddSingleton<Replicas>();
        services.AddSingleton(provider => new HandOver(
            options,
            provider.GetRequiredService<ActorSystem>(),
            provider.GetRequiredService<IReadOnlyActorRegistry>(),
            provider.GetRequiredService<Replicas>(),
            provider.GetRequiredService<Homes>(),
            provider.GetRequiredService<ILogger<HandOver>>()));
        services.AddSingleton(_ => new ProjectionLag());
        services.AddSingleton(new ProjectionTables(options.Journal));
        services.AddSingleton(provider => new Finding(
            provider.GetRequiredService<ProjectionTables>(), provider.GetRequiredService<Homes>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Summing(provider.GetRequiredService<ProjectionTables>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(new Homes(options.Region));
        services.AddSingleton(provider => new RegionLinks(
            provider.GetRequiredService<Homes>(),
            options.PeerRegions,
            provider.GetService<IRegionChannels>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RegionLinks>>()));
        services.AddSingleton(provider => provider.GetRequiredService<MeshReadiness>().RegionHome);
        services.AddSingleton<OrganizationMove>();
        services.AddSingleton(new GatewayUrls(
            options.Roles.Contains(ClusterRoles.Gateway) ? options.GatewayUrl : null,
            [.. options.PeerRegions.SelectMany(peer => peer.Gateways).Select(gateway => gateway.GetLeftPart(UriPartial.Authority))]));
        services.AddSingleton<IMesh>(provider => provider.GetRequiredService<MeshReadiness>().Mesh);
        // Before Akka, whose journal asks for its tables as soon as it starts.
        services.AddHostedService<JournalPreparation>();
        return services.AddAkka(SystemName, (akka, provider) => akka.Configure(
            options,
            provider.GetRequiredService<GatewayUrls>(),
            provider.GetRequiredService<RegionLinks>(),
            provider.GetRequiredService<Replicas>(),
            provider.GetRequiredService<ProjectionLag>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
    }

    private static void Configure(
        this AkkaConfigurationBuilder akka,
        MeshOptions options,
        GatewayUrls gateways,
        RegionLinks links,
        Replicas replicas,
        ProjectionLag lag,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        akka.ConfigureLoggers(loggers =>
        {
            loggers.ClearLoggers();
            loggers.AddLoggerFactory();
        });
        foreach (var file in options.ConfigFiles.Concat(Files.Append(options.Journal.HoconFile).Select(file => Path.Combine(options.HoconDirectory, file))))
        {
            akka.AddHoconFile(file, HoconAddMode.Append);
        }

        akka.AddHocon(Remoting.Hocon(options), HoconAddMode.Prepend);
        akka.AddHocon(SqlPersistence.DefaultConfiguration, HoconAddMode.Append);
        akka.AddSetup(new DataOptionsSetup(options.Journal.Options()));
        akka.AddSetup(new ReplicaSetup(replicas, options.Journal));
        akka.AddHocon(ReplicaSnapshots.Hocon, HoconAddMode.Append);
        if (options.Identity is { } identity)
        {
            akka.AddSetup(Remoting.Tls(identity));
        }

        akka.WithClustering(new ClusterOptions
        {
            Roles = [.. options.Roles],
            SeedNodes = options.Seeds.IsEmpty ? null : [.. options.Seeds.Select(seed => Remoting.AddressOf(options, seed))],
        });
        var departures = new Departures();
        akka.AddEntity<OrganizationActor>(
            "organization", id => OrganizationActor.Props(id, options.Region, options.Journal), new OrganizationExtractor(), options, departures);
        akka.AddEntity<NodeActor>("node", NodeActor.Props, new NodeExtractor(), options, departures);
        akka.AddEntity<DirectoryActor>("directory", DirectoryActor.Props, new DirectoryExtractor(), options, departures);
        akka.WithActors((system, registry) => registry.Register<RegionRouter>(
            links.StartRouter(system, registry.Get<OrganizationActor>(), registry.Get<NodeActor>())));
        akka.WithActors((system, registry) => StartFeeds(system, registry, options, links, replicas, time, loggers));
        akka.WithActors((system, _) => MemberGauges.Start(system));
        Rehearsal? rehearsal = null;
        if (options.Roles.Contains(ClusterRoles.Controller))
        {
            akka.WithActors((system, _) => StartProjector(system, options, lag, time));
            akka.WithActors((system, _) => system.ActorOf(DeadProcesses.Props(), "dead-processes"));
            akka.WithActors((system, registry) =>
            {
                rehearsal = new Rehearsal(system, options.Journal);
                system.RegisterOnTermination(rehearsal.Dispose);
                registry.Register<DepartureNotes>(system.ActorOf(DepartureNotes.Props(departures, rehearsal.RunAsync), DepartureNotes.ActorName));
            });
            akka.WithActors((system, registry) => SettleBeforeLeaving(system, registry.Get<OrganizationActor>()));
        }

        akka.AddStartup((system, _) => Join(system, options, gateways, time, rehearsal));
    }

    private static void AddEntity<T>(
        this AkkaConfigurationBuilder akka, string name, Func<string, Props> props, IMessageExtractor extractor, MeshOptions options, Departures departures)
    {
        if (options.Roles.Contains(ClusterRoles.Controller))
        {
            akka.WithActors(async (system, registry) =>
            {
                var sharding = ClusterSharding.Get(system);
                var settings = ClusterShardingSettings.Create(system).WithRole(ClusterRoles.Controller);
                var allocation = new PacedAllocation(sharding.DefaultShardAllocationStrategy(settings), departures, DepartureNotes.Preparation);
                registry.Register<T>(await sharding.StartAsync(name, props, settings, extractor, allocation, StopEntity.Instance).ConfigureAwait(false));
            });
        }
        else
        {
            akka.WithShardRegionProxy<T>(name, ClusterRoles.Controller, extractor);
        }
    }

    private static void StartFeeds(
        ActorSystem system, IActorRegistry registry, MeshOptions options, RegionLinks links, Replicas replicas, TimeProvider time, ILoggerFactory loggers)
    {
        var notes = system.ActorOf(NodeNotes.Props(registry.Get<RegionRouter>()), "node-notes");
        var rows = new HomeRows(new OrganizationRows(options.Journal.Connect), links);
        var settings = new FeedSettings(registry.Get<RegionRouter>(), notes, new OtherGateways(system), rows, new JournalLook(options.Journal.Connect), options.GatewayName, time)
        {
            Homes = links.Homes,
            Replicas = replicas,
            Logger = loggers.CreateLogger<OrganizationFeed>(),
        };
        system.RegisterOnTermination(settings.Gauges.Dispose);
        var feeds = system.ActorOf(Feeds.Feeds.Props(settings), Feeds.Feeds.ActorName);
        registry.Register<Feeds.Feeds>(feeds);

        // Before the entities leave: the streams are told to connect again, and find another process or this one anew.
        CoordinatedShutdown.Get(system).AddTask(
            CoordinatedShutdown.PhaseServiceRequestsDone, "end-feeds", () => feeds.GracefulStop(TimeSpan.FromSeconds(3)).ContinueWith(
                _ => Akka.Done.Instance, TaskScheduler.Default));
    }

    private static void StartProjector(ActorSystem system, MeshOptions options, ProjectionLag lag, TimeProvider time)
    {
        var projector = system.ActorOf(ProjectorActor.Props(options.Journal, lag, time), ProjectorActor.ActorName);
        CoordinatedShutdown.Get(system).AddTask(
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "end-projector",
            () => projector.GracefulStop(TimeSpan.FromSeconds(3), StopEntity.Instance).ContinueWith(_ => Akka.Done.Instance, TaskScheduler.Default));
    }

    private static void SettleBeforeLeaving(ActorSystem system, IActorRef organizations) =>
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseClusterShardingShutdownRegion, "settle", async () =>
        {
            await organizations.WatchAsync().ConfigureAwait(false);
            // In the host's real time, as Akka's own phases.
            await Task.Delay(SettleTime).ConfigureAwait(false);
            return Akka.Done.Instance;
        });

    private static void Join(ActorSystem system, MeshOptions options, GatewayUrls gateways, TimeProvider time, Rehearsal? rehearsal)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        if (options.Journal is PostgresDatabase shared)
        {
            var isReady = rehearsal?.RunAsync() ?? Task.CompletedTask;
            isReady.ContinueWith(_ => Rendezvous.Start(system, shared, gateways, time, options.MayHaveTwin ? null : new Twins()), TaskScheduler.Default);
        }
        else if (cluster.Settings.SeedNodes.IsEmpty)
        {
            cluster.Join(cluster.SelfAddress);
        }
    }
}
