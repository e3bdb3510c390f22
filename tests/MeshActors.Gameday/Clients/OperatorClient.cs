using Grpc.Core;
using MeshActors.ActorTests.Gateway;
using MeshActors.Benchmarks;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using MeshActors.UnitTests.Simulation;

namespace MeshActors.Gameday.Clients;

/// <summary>Removes machines, has them replaced, makes join keys; at any gateway, and again until it is answered.</summary>
internal sealed class OperatorClient(Gateways gateways, Ledger ledger, Dice dice, string token)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async Task<Team> CreateTeamAsync(string name, CancellationToken stop)
    {
        await AskAsync("org", (admin, options) => admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = name }, options), stop);
        var key = await AskAsync("key", (admin, options) => admin.CreateJoinKeyAsync(new CreateJoinKeyRequest { Organization = name }, options), stop);
        return new Team(name, key!.Secret);
    }

    /// <summary>One that has so many nodes already.</summary>
    public async Task<Team> CreateTeamAsync(string name, int nodes, CancellationToken stop)
    {
        if (nodes > 0)
        {
            await ImportCall.RunAsync(
                gateways.Admin(0), Gateways.Headers("import", token), [.. RowsOf(OrganizationId.Parse(name), nodes)], organization: name);
        }

        return await CreateTeamAsync(name, stop);
    }

    // A join is followed by an event for each of its prefixes.
    private static IEnumerable<JournalRow> RowsOf(OrganizationId organization, int nodes)
    {
        var joined = 0;
        foreach (var row in JournalGenerator.Rows(1, nodes, long.MaxValue, organization))
        {
            yield return row;
            if (JournalMapping.Decode(row.Manifest, row.Bytes.Span).Event is OrganizationEvent.NodeJoined && ++joined == nodes)
            {
                yield break;
            }
        }
    }

    /// <summary>One thing about one of these machines.</summary>
    public async Task ActAsync(Team team, IReadOnlyList<AgentClient> agents, CancellationToken stop)
    {
        var agent = dice.Pick(agents);
        if (agent.Node is not { } node || agent.Organization != team.Name)
        {
            return;
        }

        switch (dice.Below(10))
        {
            case < 3:
                await RemoveAsync(team, node, stop);
                break;
            case < 8:
                await ReplaceAsync(team, node, dice.Chance(50) ? agent : dice.Pick(agents), stop);
                break;
            default:
                await CreateKeyAsync(team, dice.Below(gateways.Count), stop);
                break;
        }
    }

    /// <summary>Something small that is stored, by that gateway.</summary>
    public async Task CreateKeyAsync(Team team, int gateway, CancellationToken stop)
    {
        var requestId = ledger.NextId("key");
        var request = new CreateJoinKeyRequest { Organization = team.Name, SingleUse = true };
        if (await AskAsync(requestId, (admin, options) => admin.CreateJoinKeyAsync(request, options), stop, gateway) is { } key)
        {
            ledger.Add(new Acknowledged.KeyCreated(team.Name, requestId, key.Id));
        }
    }

    private async Task RemoveAsync(Team team, NodeId node, CancellationToken stop)
    {
        var requestId = ledger.NextId("remove");
        var request = new RemoveNodeRequest { Organization = team.Name, Node = node.ToString() };
        if (await AskAsync(requestId, (admin, options) => admin.RemoveNodeAsync(request, options), stop) is not null)
        {
            ledger.Add(new Acknowledged.Removed(team.Name, requestId, node));
        }
    }

    private async Task ReplaceAsync(Team team, NodeId node, AgentClient successor, CancellationToken stop)
    {
        var requestId = ledger.NextId("replace");
        var request = new ReplaceNodeRequest { Organization = team.Name, Node = node.ToString() };
        if (await AskAsync(requestId, (admin, options) => admin.ReplaceNodeAsync(request, options), stop) is { } key)
        {
            ledger.Add(new Acknowledged.KeyCreated(team.Name, requestId, key.Id));
            successor.TakePlace(team, key.Secret);
        }
    }

    /// <returns>Null when it was refused, or never answered.</returns>
    private async Task<T?> AskAsync<T>(
        string requestId, Func<Admin.AdminClient, CallOptions, AsyncUnaryCall<T>> ask, CancellationToken stop, int? gateway = null)
        where T : class
    {
        var until = TimeProvider.System.GetUtcNow().Add(Patience);
        while (TimeProvider.System.GetUtcNow() < until && !stop.IsCancellationRequested)
        {
            try
            {
                var deadline = TimeProvider.System.GetUtcNow().Add(CallTimeout).UtcDateTime;
                return await ask(
                    gateways.Admin(gateway ?? dice.Below(gateways.Count)), new CallOptions(Gateways.Headers(requestId, token), deadline, stop));
            }
            catch (RpcException refusal) when (refusal.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.AlreadyExists)
            {
                ledger.Refused();
                return null;
            }
            catch (RpcException)
            {
                ledger.Unknown();
                await Task.Delay(200, CancellationToken.None);
            }
        }

        return null;
    }
}
