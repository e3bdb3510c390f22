using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Akka.Persistence.Sql;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Feeds;
using MeshActors.Cluster.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MeshActors.Cluster.Hosting;

public static class MeshHosting
{
    /// <summary>The actor system's name: processes of one cluster share it.</summary>
    public const string SystemName = "mesh";

    /// <summary>What the host must allow for a clean stop: all phases in which entities move and the process leaves.</summary>
    public static readonly TimeSpan ShutdownMax = TimeSpan.FromSeconds(40);

    private static readonly string[] Files = ["cluster.conf", "persistence-sqlite.conf", "serialization.conf", "remoting.conf"];

    /// <summary>
    /// Adds <see cref="IMesh"/> and <see cref="MeshReadiness"/>, and starts with the host: a cluster of one by itself, or
    /// a member of a larger one where the configuration files name seeds.
    /// </summary>
    public static IServiceCollection AddMesh(this IServiceCollection services, MeshOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<MeshReadiness>();
        services.AddSingleton<IMesh>(provider => provider.GetRequiredService<MeshReadiness>().Mesh);
        return services.AddAkka(SystemName, (akka, provider) => akka.Configure(options, provider.GetRequiredService<TimeProvider>()));
    }

    private static void Configure(this AkkaConfigurationBuilder akka, MeshOptions options, TimeProvider time)
    {
        akka.ConfigureLoggers(loggers =>
        {
            loggers.ClearLoggers();
            loggers.AddLoggerFactory();
        });
        foreach (var file in options.ConfigFiles.Concat(Files.Select(file => Path.Combine(options.HoconDirectory, file))))
        {
            akka.AddHoconFile(file, HoconAddMode.Append);
        }

        akka.AddHocon(SqlPersistence.DefaultConfiguration, HoconAddMode.Append);
        akka.AddSetup(SqliteJournal.Setup(options.DatabaseFile));
        akka.WithClustering();
        akka.WithShardRegion<OrganizationActor>("organization", OrganizationActor.Props, new OrganizationExtractor(), Shards());
        akka.WithShardRegion<NodeActor>("node", NodeActor.Props, new NodeExtractor(), Shards());
        akka.WithShardRegion<DirectoryActor>("directory", DirectoryActor.Props, new DirectoryExtractor(), Shards());
        akka.WithActors((system, registry) => StartFeeds(system, registry, options, time));
        akka.AddStartup((system, _) => JoinSelf(system));
    }

    private static ShardOptions Shards() => new() { HandOffStopMessage = StopEntity.Instance };

    private static void StartFeeds(ActorSystem system, IActorRegistry registry, MeshOptions options, TimeProvider time)
    {
        var notes = system.ActorOf(NodeNotes.Props(registry.Get<NodeActor>()), "node-notes");
        var settings = new FeedSettings(registry.Get<OrganizationActor>(), notes, options.GatewayName, time);
        var feeds = system.ActorOf(Feeds.Feeds.Props(settings), "feeds");
        registry.Register<Feeds.Feeds>(feeds);

        // Before the entities leave: the streams are told to connect again, and find another process or this one anew.
        CoordinatedShutdown.Get(system).AddTask(
            CoordinatedShutdown.PhaseServiceRequestsDone, "end-feeds", () => feeds.GracefulStop(TimeSpan.FromSeconds(3)).ContinueWith(
                _ => Akka.Done.Instance, TaskScheduler.Default));
    }

    private static void JoinSelf(ActorSystem system)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        if (cluster.Settings.SeedNodes.IsEmpty)
        {
            cluster.Join(cluster.SelfAddress);
        }
    }
}
