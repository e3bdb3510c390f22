using System.Net;
using MeshActors.ActorTests.Gateway;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.ActorTests.Telemetry;

/// <summary>An agent that takes all messages and applies none of them.</summary>
[Collection(Alone.Name)]
public sealed class StuckAgentTests : IAsyncLifetime, IDisposable
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
    public async Task It_is_named_within_30_seconds_in_the_list_the_log_and_the_metrics_and_once_more_when_it_is_well()
    {
        var (well, stuck) = (new Machine("well"), new Machine("stuck"));
        await well.JoinAsync(_controller);
        await stuck.JoinAsync(_controller);
        using var wellStream = await well.ConnectAsync(_controller, well.Hello());
        using var stuckStream = await stuck.ConnectAsync(_controller, stuck.Hello());
        var wellKeepsUp = KeepUpAsync(wellStream);
        await stuckStream.NextAsync(message => message.Chunk is not null);

        var node = await NodeAsync("stuck", node => node.Stuck);
        Assert.True(node.Connected && node.Lag > 0 && node.BehindSinceUnixMs > 0);
        var age = TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(node.BehindSinceUnixMs);
        Assert.InRange(age, TimeSpan.FromSeconds(19), TimeSpan.FromSeconds(30));
        Assert.False((await NodeAsync("well", node => node.Connected)).Stuck);
        Assert.Single(_logs.All, line => line.Contains("Agent 'stuck'", StringComparison.Ordinal) && line.Contains("is stuck", StringComparison.Ordinal));
        var scrape = await Scrape.OfAsync(_port);
        Assert.Equal(1, scrape.Find("mesh_agents_stuck", "organization=\"default\""));
        Assert.True(scrape.Find("mesh_agent_behind_seconds", "agent=\"stuck\"") >= 19);
        Assert.Null(scrape.Find("mesh_agent_behind_seconds", "agent=\"well\""));

        // Another change does not name it anew, and its acknowledgement ends it.
        await _controller.Admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = "default" }, _controller.AsAdmin());
        var revision = (await _controller.Admin.GetOrganizationAsync(new GetOrganizationRequest { Organization = "default" }, _controller.AsAdmin())).Revision;
        await stuckStream.NextAsync(message => message.Delta?.Revision >= revision);
        await stuckStream.SendAsync(new AgentMessage { Applied = new Applied { Revision = revision } });
        Assert.Equal(0, (await NodeAsync("stuck", node => !node.Stuck)).BehindSinceUnixMs);
        await Until.TrueAsync(() => Scrape.OfAsync(_port), scrape => scrape.Find("mesh_agents_stuck", "organization=\"default\"") == 0);
        Assert.Single(_logs.All, line => line.Contains("Agent 'stuck'", StringComparison.Ordinal) && line.Contains("not stuck any more", StringComparison.Ordinal));
        Assert.Single(_logs.All, line => line.Contains("Agent 'stuck'", StringComparison.Ordinal) && line.Contains("is stuck", StringComparison.Ordinal));
        Assert.DoesNotContain(_logs.All, line => line.Contains("Agent 'well'", StringComparison.Ordinal));
        Assert.False(wellKeepsUp.IsFaulted);
    }

    private static async Task KeepUpAsync(Machine.Stream stream)
    {
        while (true)
        {
            var message = await stream.NextAsync();
            var revision = message.Chunk?.Revision ?? message.Delta?.Revision ?? 0;
            if (revision > 0)
            {
                await stream.SendAsync(new AgentMessage { Applied = new Applied { Revision = revision } });
            }
        }
    }

    private async Task<Node> NodeAsync(string name, Func<Node, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        while (true)
        {
            var list = await _controller.Admin.ListNodesAsync(new ListNodesRequest { Organization = "default" }, _controller.AsAdmin());
            if (list.Nodes.FirstOrDefault(node => node.Name == name && condition(node)) is { } found)
            {
                return found;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), patience.Token);
        }
    }
}
