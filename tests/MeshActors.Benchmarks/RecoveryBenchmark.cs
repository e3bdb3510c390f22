using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using MeshActors.Cluster;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Storage;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace MeshActors.Benchmarks;

/// <summary>How long an organization takes from nothing in memory to its first answer, with its snapshot and without.</summary>
internal static class RecoveryBenchmark
{
    /// <summary>Tiered compilation and its profile need some.</summary>
    private const int WarmRuns = 15;

    private static readonly OrganizationCommand Question = new OrganizationCommand.RevokeToken("none");
    private static readonly Meta Nobody = new(DateTimeOffset.UnixEpoch, Principal.System, "benchmark");

    /// <param name="journal">A copy: its snapshots are taken away.</param>
    public static async Task RunAsync(string journal, OrganizationId organization)
    {
        var postgres = Postgres(journal);
        JournalDatabase database = postgres is null ? new SqliteDatabase(journal) : new PostgresDatabase(postgres);
        // The first times compile the code: a controller that has run for a while has that behind it.
        Show("with its snapshot, cold", await AnswerAsync(database, organization));
        for (var i = 0; i < WarmRuns; i++)
        {
            Show("with its snapshot", await AnswerAsync(database, organization));
        }

        using DbConnection connection = postgres is null ? new SqliteConnection($"Data Source={journal};Pooling=False") : new NpgsqlConnection(postgres.ConnectionString);
        connection.Open();
        for (var i = 0; i < WarmRuns; i++)
        {
            Parts(connection, OrganizationActor.PersistenceIdOf(organization));
        }

        using var delete = connection.CreateCommand();
        delete.CommandText = "DELETE FROM snapshot";
        delete.ExecuteNonQuery();
        Show("without", await AnswerAsync(database, organization));
        var rows = Show("without: of it its rows from the database", () => Rows(connection, OrganizationActor.PersistenceIdOf(organization)));
        Show("without: of it the state made of them, and their chain", () => Replayed(rows));
    }

    /// <summary>What would be left if nothing were between the database and the state.</summary>
    private static void Parts(DbConnection connection, string entity)
    {
        var bytes = Show("with its snapshot: of it its bytes from the database", () =>
        {
            using var select = Select(connection, entity, "SELECT snapshot FROM snapshot WHERE persistence_id = @entity ORDER BY sequence_number DESC LIMIT 1");
            return select.ExecuteScalar() as byte[] ?? throw new InvalidOperationException($"{entity} has no snapshot.");
        });
        Show("with its snapshot: of it the state made of them", () => SnapshotMapping.Read(bytes));
    }

    private static List<JournalRow> Rows(DbConnection connection, string entity)
    {
        using var select = Select(connection, entity, "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = @entity ORDER BY sequence_number");
        using var reader = select.ExecuteReader();
        var rows = new List<JournalRow>();
        while (reader.Read())
        {
            rows.Add(new JournalRow(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2)));
        }

        return rows;
    }

    private static OrganizationState Replayed(List<JournalRow> rows)
    {
        var replay = new Replay();
        foreach (var row in rows)
        {
            if (replay.TryAdd(row, out _) is { } fault)
            {
                throw new InvalidOperationException(fault.Message);
            }
        }

        return replay.State;
    }

    private static DbCommand Select(DbConnection connection, string entity, string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("@entity", entity);
        command.Parameters.Add(parameter);
        return command;
    }

    private static NpgsqlConnectionStringBuilder? Postgres(string journal) =>
        journal.StartsWith("postgresql://", StringComparison.Ordinal) && Uri.TryCreate(journal, UriKind.Absolute, out var url)
            ? new NpgsqlConnectionStringBuilder { Host = url.Host, Port = url.Port > 0 ? url.Port : NpgsqlConnection.DefaultPort, Username = url.UserInfo, Database = url.AbsolutePath[1..] }
            : null;

    private static async Task<Spent> AnswerAsync(JournalDatabase database, OrganizationId organization)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = [] });
        builder.Logging.ClearProviders();
        builder.Services.AddMesh(new MeshOptions { Journal = database });
        using var host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<MeshReadiness>().WaitAsync(default);
        var mesh = host.Services.GetRequiredService<IMesh>();
        // The region and the code are warm, as in a process that has run for a while.
        await mesh.ExecuteAsync(OrganizationId.Parse("nobody"), Question, Nobody, default);
        var before = Spent.Now;
        while (!await AnswersAsync(mesh, organization))
        {
        }

        var spent = Spent.Now - before;
        await host.StopAsync();
        return spent;
    }

    /// <summary>A call's patience is shorter than the recovery of a very long journal.</summary>
    private static async Task<bool> AnswersAsync(IMesh mesh, OrganizationId organization)
    {
        try
        {
            await mesh.ExecuteAsync(organization, Question, Nobody, default);
            return true;
        }
        catch (MeshUnavailableException)
        {
            return false;
        }
    }

    private static T Show<T>(string how, Func<T> act)
    {
        var before = Spent.Now;
        var result = act();
        Show(how, Spent.Now - before);
        return result;
    }

    private static void Show(string how, Spent spent) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"recovery {how}: {spent.Elapsed.TotalMilliseconds:N0} ms, {spent.Cpu.TotalMilliseconds:N0} ms of it CPU time"));

    /// <param name="Cpu">Of the whole process: on a machine with other work, it is what says something.</param>
    private readonly record struct Spent(TimeSpan Elapsed, TimeSpan Cpu)
    {
        public static Spent Now => new(Stopwatch.GetElapsedTime(0), Environment.CpuUsage.TotalTime);

        public static Spent operator -(Spent after, Spent before) => new(after.Elapsed - before.Elapsed, after.Cpu - before.Cpu);
    }
}
