using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using MeshActors.Cluster;
using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Storage;
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
    private const int WarmRuns = 5;

    private static readonly OrganizationCommand Question = new OrganizationCommand.RevokeToken("none");
    private static readonly Meta Nobody = new(DateTimeOffset.UnixEpoch, Principal.System, "benchmark");

    /// <param name="journal">A copy: its snapshots are taken away.</param>
    public static async Task RunAsync(string journal, OrganizationId organization)
    {
        var postgres = Postgres(journal);
        JournalDatabase database = postgres is null ? new SqliteDatabase(journal) : new PostgresDatabase(postgres);
        // The first times compile the code: a controller that has run for a while has that behind it.
        Show("with its snapshot, cold", await MeasureAsync(database, organization));
        for (var i = 0; i < WarmRuns; i++)
        {
            Show("with its snapshot", await MeasureAsync(database, organization));
        }

        using (DbConnection connection = postgres is null ? new SqliteConnection($"Data Source={journal};Pooling=False") : new NpgsqlConnection(postgres.ConnectionString))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM snapshot";
            command.ExecuteNonQuery();
        }

        Show("without", await MeasureAsync(database, organization));
    }

    private static NpgsqlConnectionStringBuilder? Postgres(string journal) =>
        journal.StartsWith("postgresql://", StringComparison.Ordinal) && Uri.TryCreate(journal, UriKind.Absolute, out var url)
            ? new NpgsqlConnectionStringBuilder { Host = url.Host, Port = url.Port > 0 ? url.Port : NpgsqlConnection.DefaultPort, Username = url.UserInfo, Database = url.AbsolutePath[1..] }
            : null;

    private static async Task<TimeSpan> MeasureAsync(JournalDatabase database, OrganizationId organization)
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
        var clock = Stopwatch.StartNew();
        while (!await AnswersAsync(mesh, organization))
        {
        }

        var elapsed = clock.Elapsed;
        await host.StopAsync();
        return elapsed;
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

    private static void Show(string how, TimeSpan elapsed) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"recovery {how}: {elapsed.TotalMilliseconds:N0} ms"));
}
