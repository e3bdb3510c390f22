using MeshActors.Cluster.Hosting;
using MeshActors.Cluster.Regions;
using MeshActors.Controller.Admin;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.DataDirectory;
using MeshActors.Controller.Gateway;
using MeshActors.Controller.Regions;
using MeshActors.Controller.Remoting;
using MeshActors.Controller.Telemetry;
using MeshActors.Controller.Trust;
using Microsoft.Extensions.Logging.Console;

namespace MeshActors.Controller.Hosting;

/// <summary>A running controller: data directory, cluster member, gateway and admin API in one process.</summary>
public sealed class ControllerHost : IAsyncDisposable
{
    /// <summary>Bytes of a message from an operator: a thousand rows of an import, at most 1 MiB of records, and their names.</summary>
    private const int AdminMessageBytesMax = 2 << 20;

    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    private readonly WebApplication _app;
    private readonly CertificateAuthority _authority;
    private bool _isStarted;

    private ControllerHost(WebApplication app, DataDir directory, CertificateAuthority authority)
    {
        _app = app;
        _authority = authority;
        Directory = directory;
    }

    public DataDir Directory { get; }

    /// <summary>What runs in it.</summary>
    internal IServiceProvider Services => _app.Services;

    public string Url => _app.Services.GetRequiredService<ControllerIdentity>().Url;

    public bool IsFirstStart => _app.Services.GetRequiredService<FirstSecrets>().IsFirstStart;

    /// <exception cref="StartException">The host or the input does not allow it.</exception>
    public static Task<ControllerHost> StartAsync(ControllerOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        StartAsync(options, time, null, cancellationToken);

    /// <param name="logs">Gets what is logged too; null: nobody.</param>
    internal static async Task<ControllerHost> StartAsync(
        ControllerOptions options, TimeProvider time, ILoggerProvider? logs, CancellationToken cancellationToken)
    {
        ConfigFiles.Check(options);
        var directory = DataDir.Open(options.DataDirectory, options.CaDirectory);
        CertificateAuthority? authority = null;
        ControllerHost? host = null;
        try
        {
            authority = CertificateAuthority.Open(directory, time.GetUtcNow());
            host = new ControllerHost(Build(options, time, directory, authority, logs), directory, authority);
            await host._app.StartAsync(cancellationToken).ConfigureAwait(false);
            host._isStarted = true;
            return host;
        }
        catch (Exception fault)
        {
            if (host is not null)
            {
                await host.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                authority?.Dispose();
                directory.Dispose();
            }

            throw StartFaults.Explain(fault, options) is { } explained ? explained : fault;
        }
    }

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_isStarted)
        {
            await _app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }

        await _app.DisposeAsync().ConfigureAwait(false);
        _authority.Dispose();
        Directory.Dispose();
    }

    private static WebApplication Build(
        ControllerOptions options, TimeProvider time, DataDir directory, CertificateAuthority authority, ILoggerProvider? logs)
    {
        // Empty: nothing is read from the working directory or from ASPNETCORE_* behind the options' back.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "mesh-controller" });
        AddLogging(builder.Logging, options.LogFormat);
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs);
        }

        builder.Services.AddSingleton(options).AddSingleton(time).AddSingleton(directory).AddSingleton(authority)
            .AddSingleton(ControllerIdentity.Of(options, time));
        builder.AddTelemetry(options);
        AddServices(builder.Services, options, directory, authority, time);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = MeshHosting.ShutdownMax);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Listener.Configure(kestrel, options));
        var app = builder.Build();
        app.MapHealth();
        if (options.Roles.Contains(ClusterRoles.Gateway))
        {
            app.MapGrpcService<AgentGatewayService>();
            app.MapGrpcService<AdminService>();
            if (options.Region is not null)
            {
                app.MapGrpcService<RegionLinkService>();
            }
        }

        return app;
    }

    private static void AddServices(
        IServiceCollection services, ControllerOptions options, DataDir directory, CertificateAuthority authority, TimeProvider time)
    {
        services.AddMesh(ClusterMembership.Of(options, directory, authority, time)).AddSingleton<IHostLifetime, StopSignals>();
        services.AddSingleton<FirstSecrets>().AddHostedService<Bootstrap>();
        services.AddSingleton<ServerCertificates>().AddHostedService(provider => provider.GetRequiredService<ServerCertificates>());
        services.AddSingleton<KnownOrganizations>().AddSingleton<ConnectedAgents>();
        services.AddSingleton(new PendingJoins(AgentProtocol.PendingJoinsMax, AgentProtocol.ServedJoinsMax, Environment.ProcessorCount, time));
        services.AddSingleton(provider => new RefusalLog(RefusalLog.DefaultWindow, RefusalLog.DefaultPairsMax, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<AgentRefusals>().AddSingleton<JoinCall>().AddSingleton<ConnectCall>().AddSingleton<AgentGatewayService>();
        if (options.EdgeListen is not null)
        {
            services.AddSingleton<AgentCalls>().AddHostedService<EdgeSystem>();
        }

        services.AddSingleton<AdminDoor>().AddSingleton<AdminService>().AddSingleton<AdminInterceptor>();
        services.AddSingleton<IRegionChannels, RegionChannels>().AddSingleton<RegionDoor>().AddSingleton<RegionLinkService>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = AgentProtocol.MessageBytesMax;
            // Answers are as long as the organization is large; the limits of the domain bound them.
            grpc.MaxSendMessageSize = null;
            grpc.EnableDetailedErrors = false;
        }).AddServiceOptions<AdminService>(admin =>
        {
            admin.MaxReceiveMessageSize = AdminMessageBytesMax;
            admin.Interceptors.Add<AdminInterceptor>();
        });
    }

    private static void AddLogging(ILoggingBuilder logging, LogFormat format)
    {
        logging.SetMinimumLevel(LogLevel.Warning).AddFilter("MeshActors", LogLevel.Information);
        // A start that fails is explained once, on the last line.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        if (format == LogFormat.Json)
        {
            // With the ids of request and trace, which the journal and the traces have too.
            logging.Configure(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
            logging.AddJsonConsole(console =>
            {
                console.IncludeScopes = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = TimestampFormat;
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.ColorBehavior = LoggerColorBehavior.Disabled;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = $"{TimestampFormat} ";
            });
        }

        // Standard output is for the line to paste.
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
