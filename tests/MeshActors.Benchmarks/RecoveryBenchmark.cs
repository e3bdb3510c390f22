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

namespace MeshActors.Benchmarks;

/// <summary>How long an organization takes from nothing in memory to its first answer, with its snapshot and without.</summary>
internal static class RecoveryBenchmark
{
    private static readonly OrganizationCommand Question = new OrganizationCommand.RevokeToken("none");
    private static readonly Meta Nobody = new(DateTimeOffset.UnixEpoch, Principal.System, "benchmark");

    /// <param name="file">A copy of a controller's mesh.db: its snapshots are taken away.</param>
    public static async Task RunAsync(string file, OrganizationId organization)
    {
        // The first time compiles the code: a controller that has run for a while has that behind it.
        Show("with its snapshot, cold", await MeasureAsync(file, organization));
        Show("with its snapshot", await MeasureAsync(file, organization));
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM snapshot";
            command.ExecuteNonQuery();
        }

        Show("without", await MeasureAsync(file, organization));
    }

    private static async Task<TimeSpan> MeasureAsync(string file, OrganizationId organization)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = [] });
        builder.Logging.ClearProviders();
        builder.Services.AddMesh(new MeshOptions { Journal = new SqliteDatabase(file) });
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
