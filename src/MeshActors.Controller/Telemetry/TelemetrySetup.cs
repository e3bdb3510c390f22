using MeshActors.Cluster.Telemetry;
using MeshActors.Controller.CommandLine;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace MeshActors.Controller.Telemetry;

/// <summary>Who is told what is measured. Where nobody asks for it, nothing of this is there, and measuring costs next to nothing.</summary>
internal static class TelemetrySetup
{
    /// <summary>Of .NET itself: memory, garbage collection, threads, exceptions.</summary>
    private const string RuntimeMeter = "System.Runtime";

    /// <summary>
    /// Series of one instrument. The largest of ours has 500 organizations; anything beyond is added up by the SDK, not kept.
    /// </summary>
    private const int SeriesMax = 1_000;

    /// <summary>The standard's variables alone: nothing else of the environment becomes configuration.</summary>
    private const string StandardPrefix = "OTEL_";

    public static void AddTelemetry(this WebApplicationBuilder builder, ControllerOptions options)
    {
        if (options.MetricsListen is null && options.OtlpEndpoint is null)
        {
            return;
        }

        builder.Configuration.AddInMemoryCollection(Environment.GetEnvironmentVariables()
            .Cast<System.Collections.DictionaryEntry>()
            .Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value))
            .Where(variable => variable.Key.StartsWith(StandardPrefix, StringComparison.Ordinal)));
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(Describe)
            .WithMetrics(metrics => Measure(metrics, options));
        if (options.MetricsListen is not null)
        {
            // The first of all: a start that hangs can be watched too.
            builder.Services.AddHostedService<MetricsListener>();
        }
    }

    private static void Describe(ResourceBuilder resource) => resource
        .AddService("mesh-controller", serviceVersion: typeof(TelemetrySetup).Assembly.GetName().Version?.ToString(3))
        .AddEnvironmentVariableDetector();

    private static void Measure(MeterProviderBuilder metrics, ControllerOptions options)
    {
        metrics.AddMeter(MeshMeter.Name, RuntimeMeter)
            .AddView(instrument => instrument.Meter.Name == MeshMeter.Name ? new MetricStreamConfiguration { CardinalityLimit = SeriesMax } : null);
        if (options.MetricsListen is not null)
        {
            metrics.AddPrometheusExporter();
        }

        if (options.OtlpEndpoint is { } endpoint)
        {
            metrics.AddOtlpExporter(otlp => otlp.Endpoint = endpoint);
        }
    }
}
