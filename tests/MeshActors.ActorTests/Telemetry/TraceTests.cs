using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Regions;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.ActorTests.Telemetry;

/// <summary>One change, followed through a real controller to its last agent, as a receiver of traces gets it.</summary>
[Collection(Alone.Name)]
public sealed class TraceTests : IAsyncLifetime, IDisposable
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpan = "b7ad6b7169203331";

    private readonly TempDirectory _directory = new();
    private OtlpReceiver _receiver = null!;

    public async Task InitializeAsync() => _receiver = await OtlpReceiver.StartAsync();

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_callers_trace_leads_from_its_command_through_journal_and_feed_to_the_last_agent()
    {
        await using (var controller = await StartAsync(ratio: 0))
        {
            var (first, second) = (new Machine("node1"), new Machine("node2"));
            await first.JoinAsync(controller);
            await second.JoinAsync(controller);
            using var one = await ConnectedAsync(controller, first);
            using var two = await ConnectedAsync(controller, second);
            var headers = controller.AsAdmin();
            headers.Add("traceparent", $"00-{TraceId}-{CallerSpan}-01");
            await controller.Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = "default", Description = "followed" }, headers);
            var revision = (await controller.Admin.GetOrganizationAsync(new GetOrganizationRequest { Organization = "default" }, controller.AsAdmin())).Revision;
            await AppliedAsync(one, revision);
            await Task.Delay(TimeSpan.FromMilliseconds(200));
            await AppliedAsync(two, revision);

            var applied = await UntilAsync("applied");
            Assert.Equal(("2", "0"), (applied.Tags["mesh.agents.applied"], applied.Tags["mesh.agents.waiting"]));
            Assert.True(double.Parse(applied.Tags["mesh.last.ms"], System.Globalization.CultureInfo.InvariantCulture)
                >= double.Parse(applied.Tags["mesh.first.ms"], System.Globalization.CultureInfo.InvariantCulture) + 150);
            Assert.Equal(revision.ToString(System.Globalization.CultureInfo.InvariantCulture), applied.Tags["mesh.revision"]);

            // The journal meets the trace.
            using var events = controller.Admin.StreamEvents(new StreamEventsRequest { Organization = "default", FromRevision = revision, ToRevision = revision }, controller.AsAdmin());
            Assert.True(await events.ResponseStream.MoveNext(default));
            Assert.StartsWith($"00-{TraceId}-", events.ResponseStream.Current.RequestId, StringComparison.Ordinal);
        }

        var spans = _receiver.Spans;
        Assert.All(spans, span => Assert.Equal(TraceId, span.TraceId));
        var call = Assert.Single(spans, span => span.Name == "/meshactors.admin.v1.Admin/CreateJoinKey");
        var command = Assert.Single(spans, span => span.Name == "create-join-key");
        Assert.Equal((CallerSpan, call.Id), (call.ParentId, command.ParentId));
        Assert.Equal("done", command.Tags["mesh.outcome"]);
        Assert.All((string[])["decide", "store", "feed", "applied"], name => Assert.Equal(command.Id, Assert.Single(spans, span => span.Name == name).ParentId));
        Assert.True(_receiver.MetricExports > 0);
    }

    [Fact]
    public async Task A_command_that_is_given_in_another_region_is_one_trace_with_what_its_home_does()
    {
        await using (var regions = await TwoRegions.StartAsync(with: options => options with { OtlpEndpoint = _receiver.Endpoint, TraceRatio = 0 }))
        {
            var headers = regions.Us.AsAdmin();
            headers.Add("traceparent", $"00-{TraceId}-{CallerSpan}-01");
            await regions.Us.Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = TwoRegions.Organization }, headers);
        }

        // Both regions are in this process, so that each tells of both.
        var spans = _receiver.Spans.DistinctBy(span => span.Id).ToList();
        Assert.All(spans, span => Assert.Equal(TraceId, span.TraceId));
        var command = Assert.Single(spans, span => span.Name == "create-join-key");
        Assert.All((string[])["decide", "store"], name => Assert.Equal(command.Id, Assert.Single(spans, span => span.Name == name).ParentId));
    }

    [Fact]
    public async Task Without_a_caller_that_asks_the_ratio_decides_and_a_named_request_keeps_its_name()
    {
        await using (var controller = await StartAsync(ratio: 1))
        {
            await new Machine("node1").JoinAsync(controller);
            var headers = controller.AsAdmin();
            headers.Add("x-request-id", "ticket-17");
            await controller.Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = "default" }, headers);
            using var events = controller.Admin.StreamEvents(new StreamEventsRequest { Organization = "default" }, controller.AsAdmin());
            var ids = new List<string>();
            while (await events.ResponseStream.MoveNext(default))
            {
                ids.Add(events.ResponseStream.Current.RequestId);
            }

            Assert.Equal("ticket-17", ids[^1]);
            Assert.StartsWith("00-", ids[^2], StringComparison.Ordinal);
        }

        var join = Assert.Single(_receiver.Spans, span => span.Name == "join call");
        Assert.Equal("", join.ParentId);
        Assert.Single(_receiver.Spans, span => span.TraceId == join.TraceId && span.Name == "store");
    }

    [Fact]
    public async Task With_a_ratio_of_nothing_nothing_is_sent()
    {
        await using (var controller = await StartAsync(ratio: 0))
        {
            await new Machine("node1").JoinAsync(controller);
            var headers = controller.AsAdmin();
            headers.Add("traceparent", $"00-{TraceId}-{CallerSpan}-00");
            await controller.Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = "default" }, headers);
        }

        Assert.Empty(_receiver.Spans);
    }

    private Task<RunningController> StartAsync(double ratio) =>
        RunningController.StartAsync(_directory.Path, 0, options => options with { OtlpEndpoint = _receiver.Endpoint, TraceRatio = ratio });

    private static async Task<Machine.Stream> ConnectedAsync(RunningController controller, Machine machine)
    {
        var stream = await machine.ConnectAsync(controller, machine.Hello());
        var map = (await stream.NextAsync(message => message.Chunk is not null)).Chunk;
        await stream.SendAsync(new AgentMessage { Applied = new Applied { Revision = map.Revision, Digest = map.Digest } });
        return stream;
    }

    private static async Task AppliedAsync(Machine.Stream stream, long revision)
    {
        var delta = (await stream.NextAsync(message => message.Delta?.Revision >= revision)).Delta;
        await stream.SendAsync(new AgentMessage { Applied = new Applied { Revision = delta.Revision, Digest = delta.Digest } });
    }

    private async Task<OtlpReceiver.Span> UntilAsync(string name) =>
        (await Until.TrueAsync(() => Task.FromResult(_receiver.Spans.FirstOrDefault(span => span.Name == name)), span => span is not null))!;
}
