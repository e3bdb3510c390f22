using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshActors.ActorTests.Gateway;

/// <summary>The streams of a gateway that stops end one after another, and none begins.</summary>
public sealed class ConnectedAgentsTests : IDisposable
{
    private static readonly OrganizationId[] Organizations = [OrganizationId.Parse("a"), OrganizationId.Parse("b")];

    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly ConnectedAgents _agents;

    public ConnectedAgentsTests() => _agents = new ConnectedAgents(_lifetime);

    public void Dispose() => _agents.Dispose();

    [Fact]
    public async Task They_end_one_after_another_those_of_one_organization_together()
    {
        var stays = Enumerable.Range(0, 6).Select(i => _agents.Enter(Organizations[i % 2])).ToList();
        var ended = new List<OrganizationId>();
        foreach (var stay in stays)
        {
            stay.Over.Register(() =>
            {
                ended.Add(stay.Organization);
                stay.Dispose();
            });
        }

        var drain = _agents.DrainAsync(default);
        Assert.Single(ended);
        Assert.Equal(5, _agents.Count);
        await drain;
        Assert.Equal(Organizations.SelectMany(organization => Enumerable.Repeat(organization, 3)), ended);
        Assert.Equal(0, _agents.Count);
        Assert.True(_agents.Enter(Organizations[0]).Over.IsCancellationRequested);
    }

    [Fact]
    public async Task A_second_signal_ends_all_at_once()
    {
        var stays = Enumerable.Range(0, 100).Select(_ => _agents.Enter(Organizations[0])).ToList();
        await _agents.DrainAsync(new CancellationToken(canceled: true));
        Assert.All(stays, stay => Assert.True(stay.Over.IsCancellationRequested));
    }

    [Fact]
    public void A_host_that_stops_ends_all()
    {
        using var stay = _agents.Enter(Organizations[0]);
        Assert.False(stay.Over.IsCancellationRequested);
        _lifetime.StopApplication();
        Assert.True(stay.Over.IsCancellationRequested);
        Assert.True(_agents.Enter(Organizations[1]).Over.IsCancellationRequested);
    }
}
