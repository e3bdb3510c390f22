using System.Diagnostics;
using Akka.Actor;
using Akka.Persistence;
using MeshActors.ActorTests.Support;
using MeshActors.Benchmarks.Load.Phases;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Serialization;
using MeshActors.Cluster.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace MeshActors.Benchmarks.Load.Ceilings;

/// <summary>The writes of joins without joins: actors that only store the same bytes, with the controller's own settings and database.</summary>
internal static class JournalCeiling
{
    public const string Name = "journal";

    private const int Together = 50;
    private const int ManyActors = 200;
    private static readonly TimeSpan AskMax = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Stage stage)
    {
        var row = await stage.Operator.JoinRowAsync(stage.Organizations[0].Name);
        var entry = new JournalEntry(row.Manifest, row.Record.ToByteArray());
        await stage.Fleet.CloseAsync();
        stage.Progress.Begin("a bare journal of the same writes");
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = [] });
        builder.Logging.ClearProviders();
        builder.Services.AddMesh(new MeshOptions
        {
            Journal = stage.Options.Database == "postgres"
                ? new PostgresDatabase(new NpgsqlConnectionStringBuilder(PostgresServer.DatabaseFor("bare")))
                : new SqliteDatabase(Path.Combine(stage.Controller.Root, "bare.db")),
        });
        using (var host = builder.Build())
        {
            await host.StartAsync();
            await host.Services.GetRequiredService<MeshReadiness>().WaitAsync(default);
            var system = host.Services.GetRequiredService<ActorSystem>();
            var events = stage.Options.Choose(5_000, 1_000);
            await MeasureAsync(system, "warm", entry, 1, 1, 500);
            var one = await MeasureAsync(system, "one", entry, 1, 1, events);
            var batched = await MeasureAsync(system, "batched", entry, 1, Together, events);
            var many = await MeasureAsync(system, "many", entry, ManyActors, 1, events);
            stage.Report(new Figure(Name, "bare journal, one actor, one event after another", one, "/s", IsRate: true));
            stage.Report(new Figure(Name, $"bare journal, one actor, {Together} events in a batch", batched, "/s", IsRate: true));
            stage.Report(new Figure(Name, $"bare journal, {ManyActors} actors at once, one event each", many, "/s", IsRate: true));
            stage.Compare(Joins.Name, Joins.FleetFigure, stage.Organizations.Count == 1 ? batched : many);
            stage.Compare(Joins.Name, Joins.ManyOrganizationsFigure, many);
            await host.StopAsync();
        }

        await stage.ConnectAsync(stage.Options.Connections);
    }

    /// <returns>Events a second.</returns>
    private static async Task<double> MeasureAsync(ActorSystem system, string name, JournalEntry entry, int actors, int together, int events)
    {
        var writers = Enumerable.Range(0, actors).Select(index => system.ActorOf(Props.Create(() => new Writer($"bare-{name}-{index}")))).ToList();
        var batch = Enumerable.Repeat(entry, together).ToArray();
        var each = events / actors / together;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(writers.Select(async writer =>
        {
            for (var time = 0; time < each; time++)
            {
                await writer.Ask<Stored>(batch, AskMax);
            }
        }));
        return each * together * actors / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private sealed class Stored : INoSerializationVerificationNeeded
    {
        public static readonly Stored Instance = new();
    }

    private sealed class Writer : ReceivePersistentActor
    {
        public Writer(string persistenceId)
        {
            PersistenceId = persistenceId;
            Recover<JournalEntry>(_ => { });
            Command<JournalEntry[]>(batch =>
            {
                var rest = batch.Length;
                PersistAll(batch, _ =>
                {
                    if (--rest == 0)
                    {
                        Sender.Tell(Stored.Instance);
                    }
                });
            });
        }

        public override string PersistenceId { get; }
    }
}
