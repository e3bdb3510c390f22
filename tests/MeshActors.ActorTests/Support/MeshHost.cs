using System.Net;
using Akka.Actor;
using MeshActors.Cluster;
using MeshActors.Cluster.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshActors.ActorTests.Support;

/// <summary>A controller's cluster part as the controller runs it: a cluster of one on a real database.</summary>
internal sealed class MeshHost : IAsyncDisposable
{
    private readonly IHost _host;
    private bool _stopped;

    private MeshHost(IHost host) => _host = host;

    public IMesh Mesh => _host.Services.GetRequiredService<IMesh>();

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public static Task<MeshHost> StartAsync(string directory, LogLines? log = null, params string[] configFiles) =>
        StartAsync(directory, TimeProvider.System, log, configFiles);

    public static Task<MeshHost> StartAsync(string directory, TimeProvider time, LogLines? log = null, params string[] configFiles) =>
        StartAsync(new MeshOptions { Journal = TestJournal.In(directory), ConfigFiles = configFiles }, time, log);

    /// <summary>A cluster of its own on a database that another one uses: what a resolver that decides wrongly would leave.</summary>
    public static Task<MeshHost> StartApartAsync(string directory)
    {
        var port = Gateway.RunningController.FreePort();
        return StartAsync(new MeshOptions
        {
            Journal = TestJournal.In(directory),
            Port = new ClusterPort(new IPEndPoint(IPAddress.Loopback, port), $"127.0.0.1:{port}"),
            Seeds = [$"127.0.0.1:{port}"],
            MayHaveTwin = true,
        }, TimeProvider.System, null);
    }

    /// <summary>Another process of the same cluster, on the same database.</summary>
    public static Task<MeshHost> JoinAsync(TempDirectory directory, MeshHost other, params string[] configFiles)
    {
        var seed = Akka.Cluster.Cluster.Get(other.Get<ActorSystem>()).SelfAddress;
        var config = directory.File("join.conf");
        File.WriteAllText(config, $"akka.cluster.seed-nodes = [\"{seed}\"]");
        return StartAsync(directory.Path, null, [config, .. configFiles]);
    }

    public static async Task<MeshHost> StartAsync(MeshOptions options, TimeProvider time, LogLines? log)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = [] });
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var lines = log ?? new LogLines();
        builder.Logging.AddProvider(lines);
        builder.Services.AddSingleton(time);
        builder.Services.AddMesh(options);
        var host = builder.Build();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await host.StartAsync(patience.Token);
            await host.Services.GetRequiredService<MeshReadiness>().WaitAsync(patience.Token);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"The mesh did not start: {string.Join('\n', lines.Lines)}", e);
        }

        return new MeshHost(host);
    }

    public async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await _host.StopAsync();
            _host.Dispose();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
