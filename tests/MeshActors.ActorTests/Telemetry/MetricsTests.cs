using System.Diagnostics.Metrics;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using Grpc.Core;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Telemetry;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Controller.Gateway;
using MeshActors.Controller.Hosting;

namespace MeshActors.ActorTests.Telemetry;

/// <summary>What a monitoring system reads of a real controller after real work.</summary>
[Collection(Alone.Name)]
public sealed class MetricsTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly int _port = RunningController.FreePort();
    private readonly LogLines _logs = new();
    private RunningController _controller = null!;

    public async Task InitializeAsync() => _controller = await RunningController.StartAsync(
        _directory.Path, 0, logs: _logs, with: options => options with { MetricsListen = new IPEndPoint(IPAddress.Loopback, _port) });

    public async Task DisposeAsync() => await _controller.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_scrape_shows_joins_commands_the_journal_and_who_is_connected()
    {
        var before = await Scrape.OfAsync(_port);
        var node1 = new Machine("node1");
        Assert.NotNull((await node1.JoinAsync(_controller, "172.24.0.0/24")).Joined);
        using var stream = await node1.ConnectAsync(_controller, node1.Hello("172.24.0.0/24"));
        var map = (await stream.NextAsync(message => message.Chunk is not null)).Chunk;
        await stream.SendAsync(new AgentMessage { Applied = new Applied { Revision = map.Revision, Digest = map.Digest } });

        var after = await UntilAsync(scrape => scrape.Find("mesh_agents_connected", "organization=\"default\"") == 1
            && scrape.Find("mesh_agents_behind", "organization=\"default\"") == 0);
        Assert.Equal(1, Grown(before, after, "mesh_joins_total", "outcome=\"joined\""));
        Assert.Equal(1, Grown(before, after, "mesh_command_duration_seconds_count", "command=\"join\"", "outcome=\"done\""));
        Assert.True(Grown(before, after, "mesh_journal_write_duration_seconds_count", "kind=\"organization\"") >= 1);
        Assert.True(Grown(before, after, "mesh_feed_sent_bytes_total", "kind=\"chunk\"") > 50);
        Assert.Equal(map.Revision, after.Find("mesh_organization_revision", "organization=\"default\""));
        Assert.Equal(1, after.Find("mesh_streams"));
        Assert.Equal(1, after.Find("mesh_cluster_members", "status=\"Up\""));
        Assert.Equal(0, after.Find("mesh_cluster_unreachable"));
        Assert.True(after.Find("mesh_entity_recovery_duration_seconds_count", "kind=\"organization\"") >= 1);
        Assert.True(after.Find("dotnet_gc_collections_total") >= 0);
    }

    [Fact]
    public async Task Every_refusal_is_counted_by_its_code_and_told_in_the_log()
    {
        var before = await Scrape.OfAsync(_port);
        await _controller.Admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = "mine" }, _controller.AsAdmin());
        var mine = RunningController.With(
            (await _controller.Admin.CreateTokenAsync(new CreateTokenRequest { Organization = "mine", Name = "ci" }, _controller.AsAdmin())).Secret);

        // Another organization's log; with nobody's token; a join with an invented key; a prefix of another; no credential.
        await RefusedAsync(async () => await _controller.Admin.ExportEvents(new ExportEventsRequest { Organization = "default" }, mine).ResponseStream.MoveNext());
        await RefusedAsync(async () => await _controller.Admin.StreamEvents(new StreamEventsRequest { Organization = "default" }, mine).ResponseStream.MoveNext());
        await RefusedAsync(async () => await _controller.Admin.ListNodesAsync(
            new ListNodesRequest { Organization = "default" }, RunningController.With((_controller.AdminToken with { Secret = new string('A', 43) }).Reveal())));
        var stranger = new Machine("stranger");
        Assert.NotNull((await stranger.JoinAsync(_controller, stranger.Request((_controller.JoinKey with { Secret = new string('A', 43) }).Reveal()))).Refused);
        var node1 = new Machine("node1");
        await node1.JoinAsync(_controller, "172.24.0.0/24");
        Assert.Equal("prefix-overlap", (await new Machine("node2").JoinAsync(_controller, "172.24.0.0/16")).Refused.Code);
        using (var stream = await node1.ConnectAsync(_controller, node1.Hello(), $"mnc.default.{node1.Id}.{new string('A', 43)}"))
        {
            Assert.Equal("credential-invalid", (await stream.NextAsync()).GoAway.Reason.Code);
        }

        var after = await Scrape.OfAsync(_port);
        Assert.Equal(2, Grown(before, after, "mesh_refusals_total", "door=\"admin\"", "code=\"not-allowed\""));
        Assert.Equal(1, Grown(before, after, "mesh_refusals_total", "door=\"admin\"", "code=\"token-invalid\""));
        Assert.Equal(1, Grown(before, after, "mesh_refusals_total", "door=\"join\"", "code=\"join-key-invalid\""));
        Assert.Equal(1, Grown(before, after, "mesh_refusals_total", "door=\"join\"", "code=\"prefix-overlap\""));
        Assert.Equal(1, Grown(before, after, "mesh_refusals_total", "door=\"stream\"", "code=\"credential-invalid\""));
        foreach (var told in (string[])["ExportEvents", "StreamEvents", "token-invalid", "join-key-invalid", "prefix-overlap", "credential-invalid"])
        {
            Assert.Contains(_logs.All, line => line.Contains(told, StringComparison.Ordinal));
        }

        var status = await _controller.Admin.GetStatusAsync(new GetStatusRequest(), _controller.AsAdmin());
        Assert.Equal((2, 1), (status.Refusals["admin/not-allowed"], status.Refusals["join/prefix-overlap"]));
    }

    /// <summary>What dashboards and alerts may ask for. A metric is part of the contract: added, and never renamed.</summary>
    [Fact]
    public async Task The_metrics_are_those_of_the_committed_list()
    {
        await new Machine("node1").JoinAsync(_controller);
        RunAll(typeof(MeshMeter).Assembly, typeof(RefusalLog).Assembly);
        var listed = new List<string>();
        using (var listener = new MeterListener())
        {
            listener.InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == MeshMeter.Name)
                {
                    listed.Add(PrometheusName(instrument));
                }
            };
            listener.Start();
        }

        GoldenFile.Matches("metrics.txt", [.. listed.Distinct().Order(StringComparer.Ordinal)]);
        var scraped = (await Scrape.OfAsync(_port)).Families.Where(family => family.StartsWith("mesh_", StringComparison.Ordinal)).ToList();
        Assert.Subset(listed.ToHashSet(), scraped.ToHashSet());
        Assert.Superset(new HashSet<string> { "mesh_command_duration_seconds histogram", "mesh_feeds gauge", "mesh_joins_total counter" }, scraped.ToHashSet());
    }

    [Fact]
    public async Task Nothing_but_metrics_is_on_that_port_and_no_metrics_are_on_the_public_one()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri("/healthz", UriKind.Relative))).StatusCode);
        using var body = new StringContent("x");
        var posted = await http.PostAsync(new Uri("/meshactors.admin.v1.Admin/GetStatus", UriKind.Relative), body);
        Assert.True(posted.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.RequestEntityTooLarge, posted.StatusCode.ToString());
        Assert.StartsWith("404", await _controller.GetAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_the_remedy()
    {
        using var other = new TempDirectory();
        var fault = await Assert.ThrowsAsync<StartException>(() => RunningController.StartAsync(
            other.Path, 0, options => options with { MetricsListen = new IPEndPoint(IPAddress.Loopback, _port) }));
        Assert.Contains($"127.0.0.1:{_port}", fault.Message, StringComparison.Ordinal);
        Assert.Contains("--metrics-listen", fault.Message, StringComparison.Ordinal);
    }

    private async Task<Scrape> UntilAsync(Func<Scrape, bool> condition) => await Until.TrueAsync(() => Scrape.OfAsync(_port), condition);

    // Of one process, and other tests ran in it before.
    private static double Grown(Scrape before, Scrape after, string name, params string[] labels) =>
        (after.Find(name, labels) ?? 0) - (before.Find(name, labels) ?? 0);

    private static async Task RefusedAsync(Func<Task> call) => await Assert.ThrowsAsync<RpcException>(call);

    /// <summary>The instruments that nothing has touched yet too.</summary>
    private static void RunAll(params Assembly[] assemblies)
    {
        foreach (var type in assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => !type.ContainsGenericParameters
            && type.GetFields(BindingFlags.Static | BindingFlags.NonPublic).Any(field => typeof(Instrument).IsAssignableFrom(field.FieldType))))
        {
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        }
    }

    private static string PrometheusName(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var type = instrument.GetType().Name;
        var name = instrument.Name.Replace('.', '_') + unit;
        return type.StartsWith("Counter", StringComparison.Ordinal) ? $"{name}_total counter"
            : type.StartsWith("Histogram", StringComparison.Ordinal) ? $"{name} histogram"
            : $"{name} gauge";
    }
}
