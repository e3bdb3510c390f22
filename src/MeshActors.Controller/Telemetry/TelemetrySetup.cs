using MeshActors.Cluster.Telemetry;
using MeshActors.Controller.CommandLine;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

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
    private const string EndpointVariable = StandardPrefix + "EXPORTER_OTLP_ENDPOINT";
    private const string SamplerVariable = StandardPrefix + "TRACES_SAMPLER";

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
        if (options.OtlpEndpoint is { } endpoint)
        {
            // As the standard's variable, so that its others (the protocol, which decides on paths) mean what they say.
            builder.Configuration[EndpointVariable] = endpoint.ToString();
        }

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(Describe)
            .WithMetrics(metrics => Measure(metrics, options));
        if (options.OtlpEndpoint is not null)
        {
            builder.Services.AddOpenTelemetry().WithTracing(traces => Trace(traces, options));
        }

        if (options.MetricsListen is not null)
        {
            // The first of all: a start that hangs can be watched too.
            builder.Services.AddHostedService<MetricsListener>();
        }
    }

    private static void Describe(ResourceBuilder resource) => resource
        .AddService("mesh-controller", serviceVersion: typeof(TelemetrySetup).Assembly.GetName().Version?.ToString(3))
        .AddEnvironmentVariableDetector();

    // The standard's own variable for the sampler goes before the option.
    private static void Trace(TracerProviderBuilder traces, ControllerOptions options)
    {
        traces.AddSource(MeshTraces.Name).AddOtlpExporter();
        if (Environment.GetEnvironmentVariable(SamplerVariable) is not { Length: > 0 })
        {
            traces.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TraceRatio)));
        }
    }

    private static void Measure(MeterProviderBuilder metrics, ControllerOptions options)
    {
        metrics.AddMeter(MeshMeter.Name, RuntimeMeter)
            .AddView(instrument => instrument.Meter.Name == MeshMeter.Name ? new MetricStreamConfiguration { CardinalityLimit = SeriesMax } : null);
        if (options.MetricsListen is not null)
        {
            metrics.AddPrometheusExporter();
        }

        if (options.OtlpEndpoint is not null)
        {
            metrics.AddOtlpExporter();
        }
    }
}
