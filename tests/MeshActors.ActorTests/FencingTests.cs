using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Domain;

namespace MeshActors.ActorTests;

/// <summary>
/// Two entities of one organization alive at once on one database, as a resolver that decides wrongly would leave them:
/// the journal lets one win.
/// </summary>
public sealed class FencingTests
{
    [Fact]
    public async Task Of_two_entities_alive_at_once_one_wins_each_write_and_nothing_acknowledged_is_lost_or_doubled()
    {
        const int Rounds = 40;
        using var directory = new TempDirectory();
        await using var one = await MeshHost.StartApartAsync(directory.Path);
        await using var other = await MeshHost.StartApartAsync(directory.Path);
        await one.Mesh.FoundAsync();

        // Each round both are asked for the same prefix at once, by different nodes.
        var holders = new Dictionary<string, NodeId>();
        for (var round = 0; round < Rounds; round++)
        {
            var prefix = $"10.7.{round}.0/24";
            var replies = await Task.WhenAll(AskAsync(one, $"one-{round}", prefix), AskAsync(other, $"other-{round}", prefix));
            var granted = replies.OfType<CommandReply.Done>().ToList();
            Assert.True(granted.Count <= 1, $"{prefix} was granted {granted.Count} times.");
            Assert.All(replies.OfType<CommandReply.Refused>(), refused => Assert.Equal(RefusalCodes.PrefixOverlap, refused.Reason.Code));
            granted.ForEach(done => holders.Add(prefix, done.Node!.Id));
        }

        // Callers tried again by themselves, so nearly every round has a winner.
        Assert.True(holders.Count > Rounds * 3 / 4, $"Only {holders.Count} of {Rounds} rounds had a winner.");
        await one.StopAsync();
        await other.StopAsync();
        await using var third = await MeshHost.StartAsync(directory.Path);
        var state = (await third.Mesh.GetAsync(Some.Acme, default))!.State;
        foreach (var (prefix, node) in holders)
        {
            Assert.Equal(prefix, Assert.Single(state.Nodes[node].Allocated).ToString());
        }

        var held = state.Nodes.Values.SelectMany(node => node.Allocated.Concat(node.Addresses)).Order().ToList();
        Assert.All(held.Zip(held.Skip(1)), pair => Assert.False(pair.Item1.Overlaps(pair.Item2)));
    }

    [Fact]
    public async Task Of_two_entities_that_write_batches_at_once_one_wins_each_and_what_the_other_said_was_not_said()
    {
        const int Rounds = 10;
        const int AtOnce = 12;
        using var directory = new TempDirectory();
        await using var one = await MeshHost.StartApartAsync(directory.Path);
        await using var other = await MeshHost.StartApartAsync(directory.Path);
        await one.Mesh.FoundAsync();

        // Each side is asked for the same prefixes, twice each, by other nodes every time: most of the answers are refusals.
        var granted = new List<(string Prefix, CommandReply.Done Done)>();
        var refused = new HashSet<string>();
        for (var round = 0; round < Rounds; round++)
        {
            var asked = Enumerable.Range(0, AtOnce * 4).Select(i => (
                Prefix: $"10.{round}.{i % AtOnce}.0/24",
                Reply: AskAsync(i % 2 == 0 ? one : other, $"n{round}-{i}", $"10.{round}.{i % AtOnce}.0/24"))).ToList();
            foreach (var (prefix, reply) in asked)
            {
                switch (await reply)
                {
                    case CommandReply.Done done:
                        granted.Add((prefix, done));
                        break;
                    case CommandReply.Refused(var reason):
                        Assert.Equal(RefusalCodes.PrefixOverlap, reason.Code);
                        refused.Add(prefix);
                        break;
                }
            }
        }

        Assert.True(granted.Count > Rounds * AtOnce / 2, $"Only {granted.Count} of {Rounds * AtOnce} prefixes were granted.");
        await one.StopAsync();
        await other.StopAsync();
        await using var third = await MeshHost.StartAsync(directory.Path);
        var state = (await third.Mesh.GetAsync(Some.Acme, default))!.State;
        var holders = state.Nodes.Values.SelectMany(node => node.Allocated.Select(prefix => (prefix.ToString(), node.Id)))
            .ToDictionary(pair => pair.Item1, pair => pair.Id);
        Assert.All(granted, grant => Assert.Equal(grant.Done.Node!.Id, holders[grant.Prefix]));
        Assert.All(refused, prefix => Assert.Contains(prefix, holders));
        Assert.Equal(state.Nodes.Count, state.Nodes.Values.SelectMany(node => node.Addresses).Where(address => address.ToString().Contains('.', StringComparison.Ordinal)).Distinct().Count());
    }

    [Fact]
    public async Task A_write_conflict_of_one_organization_costs_its_neighbours_a_moment_at_most()
    {
        const int Neighbours = 30;
        using var directory = new TempDirectory();
        await using var one = await MeshHost.StartApartAsync(directory.Path);
        await using var other = await MeshHost.StartApartAsync(directory.Path);
        await one.Mesh.FoundAsync();
        await one.Mesh.JoinedAsync("a");
        await other.Mesh.JoinedAsync("b");
        var neighbours = Enumerable.Range(0, Neighbours).Select(i => OrganizationId.Parse($"n{i}")).ToList();
        await Task.WhenAll(neighbours.Select(id => one.Mesh.FoundAsync(id)));

        // "one" has not seen b: its next write collides, in one batch with its neighbours' writes.
        for (var round = 0; round < 5; round++)
        {
            await other.Mesh.JoinedAsync($"ahead-{round}");
            var all = neighbours.Select(id => one.Mesh.JoinedAsync(id, $"x{round}")).Append(one.Mesh.JoinedAsync($"late-{round}"));
            await Task.WhenAll(all);
        }

        Assert.All(neighbours, id => Assert.Equal(5, one.Mesh.GetAsync(id, default).Result!.State.Nodes.Count));
        Assert.Equal(12, (await one.Mesh.GetAsync(Some.Acme, default))!.State.Nodes.Count);
    }

    [Fact]
    public async Task Agents_of_an_entity_that_was_overtaken_get_the_news_though_it_writes_nothing()
    {
        using var directory = new TempDirectory();
        await using var one = await MeshHost.StartApartAsync(directory.Path);
        await using var other = await MeshHost.StartApartAsync(directory.Path);
        await one.Mesh.FoundAsync();
        var node = await one.Mesh.JoinedAsync("a");
        await using var agent = await TestAgent.ConnectAsync(one.Mesh, Some.Acme, node);
        await agent.UntilAsync(map => map.Nodes.Count == 1);

        await other.Mesh.JoinedAsync("b");
        await agent.UntilAsync(map => map.Nodes.Count == 2);
        await other.Mesh.JoinedAsync("c");
        await agent.UntilAsync(map => map.Nodes.Count == 3);
        Assert.Equal(1, agent.WholeMaps);
    }

    /// <summary>Null when the outcome stayed unknown.</summary>
    private static async Task<CommandReply?> AskAsync(MeshHost host, string name, string prefix)
    {
        try
        {
            return await host.Mesh.ExecuteAsync(Some.Acme, Some.Join(name, prefix), Some.Meta(), default);
        }
        catch (MeshUnavailableException)
        {
            return null;
        }
    }
}
