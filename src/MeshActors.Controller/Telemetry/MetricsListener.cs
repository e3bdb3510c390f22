using MeshActors.Controller.CommandLine;
using MeshActors.Controller.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;

namespace MeshActors.Controller.Telemetry;

/// <summary>
/// Answers a monitoring system's scrapes on a port of its own, in plain text and without authentication, as such systems
/// expect: so nothing else is there, and nothing of it on the public port.
/// </summary>
internal sealed class MetricsListener(ControllerOptions options, MeterProvider metrics, ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    public const string Path = "/metrics";

    /// <summary>A monitoring system and its spare, some people, and as many that do not hang up.</summary>
    private const int ConnectionsMax = 16;

    private WebApplication? _app;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "mesh-controller" });
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(options.MetricsListen!, listen => listen.Protocols = HttpProtocols.Http1);
        });
        _app = builder.Build();
        _app.UseOpenTelemetryPrometheusScrapingEndpoint(
            metrics, context => context.Request.Path == Path && HttpMethods.IsGet(context.Request.Method), path: null, configureBranchedPipeline: null, optionsName: null);
        _app.Run(static context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        try
        {
            await _app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or System.Net.Sockets.SocketException)
        {
            throw StartException.Host(
                $"cannot listen on {options.MetricsListen} for scrapes: {fault.GetBaseException().Message.TrimEnd('.')}. "
                + "Choose an address of this host and a free port with --metrics-listen.", fault);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;
}
