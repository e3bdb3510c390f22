using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MeshActors.ActorTests.Telemetry;

/// <summary>Takes what is exported by OTLP over gRPC, with nothing but a web server and the numbers of the fields.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private const string TracesPath = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    private const string MetricsPath = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    private const int FrameHeaderBytes = 5;

    private readonly ConcurrentQueue<Span> _spans = [];
    private readonly WebApplication _app;
    private int _metricExports;

    private OtlpReceiver(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.Run(TakeAsync);
        Endpoint = new Uri($"http://127.0.0.1:{port}");
    }

    public Uri Endpoint { get; }

    public IReadOnlyCollection<Span> Spans => _spans;

    public int MetricExports => Volatile.Read(ref _metricExports);

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver(Gateway.RunningController.FreePort());
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (context.Request.Path == TracesPath)
        {
            Read(body.ToArray().AsMemory(FrameHeaderBytes));
        }
        else if (context.Request.Path == MetricsPath)
        {
            Interlocked.Increment(ref _metricExports);
        }

        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[FrameHeaderBytes]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    // ExportTraceServiceRequest 1 -> ResourceSpans 2 -> ScopeSpans 2 -> Span.
    private void Read(ReadOnlyMemory<byte> request)
    {
        foreach (var bytes in Messages(request, 1).SelectMany(resource => Messages(resource, 2)).SelectMany(scope => Messages(scope, 2)))
        {
            _spans.Enqueue(new Span(
                Convert.ToHexStringLower(Messages(bytes, 1).Single().Span),
                Convert.ToHexStringLower(Messages(bytes, 2).Single().Span),
                Messages(bytes, 4).Select(parent => Convert.ToHexStringLower(parent.Span)).SingleOrDefault(""),
                System.Text.Encoding.UTF8.GetString(Messages(bytes, 5).Single().Span),
                Messages(bytes, 9).ToDictionary(pair => System.Text.Encoding.UTF8.GetString(Messages(pair, 1).Single().Span), pair => ValueOf(Messages(pair, 2).Single()))));
        }
    }

    private static string ValueOf(ReadOnlyMemory<byte> value)
    {
        var input = new CodedInputStream(value.ToArray());
        return WireFormat.GetTagFieldNumber(input.ReadTag()) switch
        {
            1 => input.ReadString(),
            3 => input.ReadInt64().ToString(System.Globalization.CultureInfo.InvariantCulture),
            4 => input.ReadDouble().ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => "",
        };
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Messages(ReadOnlyMemory<byte> message, int field)
    {
        var input = new CodedInputStream(message.ToArray());
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                yield return input.ReadBytes().Memory;
            }
            else
            {
                input.SkipLastField();
            }
        }
    }

    internal sealed record Span(string TraceId, string Id, string ParentId, string Name, IReadOnlyDictionary<string, string> Tags);
}
