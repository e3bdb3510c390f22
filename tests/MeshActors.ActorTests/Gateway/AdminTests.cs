using Grpc.Core;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Domain.Trust;

namespace MeshActors.ActorTests.Gateway;

public sealed class AdminTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private RunningController _controller = null!;

    public async Task InitializeAsync() => _controller = await RunningController.StartAsync(_directory.Path);

    public async Task DisposeAsync() => await _controller.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_call_without_a_token_or_with_a_wrong_secret_is_unauthenticated()
    {
        var wrong = RunningController.With((_controller.AdminToken with { Secret = new string('A', 43) }).Reveal());

        Assert.Equal("Unauthenticated token-invalid", await RefusalAsync(() => List("default", [])));
        Assert.Equal("Unauthenticated token-invalid", await RefusalAsync(() => List("default", wrong)));
    }

    [Fact]
    public async Task An_organizations_token_gets_the_same_answer_for_another_organization_whether_it_exists_or_not()
    {
        await CreateAsync("mine");
        await CreateAsync("other");
        var mine = await TokenOfAsync("mine");

        var existing = await Assert.ThrowsAsync<RpcException>(() => List("other", mine));
        var missing = await Assert.ThrowsAsync<RpcException>(() => List("otherx", mine));
        Assert.Equal("not-allowed", existing.Trailers.GetValue("mesh-code"));
        Assert.Equal(StatusCode.PermissionDenied, existing.StatusCode);
        Assert.Equal(existing.Status.Detail.Replace("other", "otherx", StringComparison.Ordinal), missing.Status.Detail);
        Assert.Equal("PermissionDenied not-allowed", await RefusalAsync(() => _controller.Admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = "third" }, mine).ResponseAsync));
        Assert.Equal("PermissionDenied not-allowed", await RefusalAsync(() => _controller.Admin.CreateTokenAsync(new CreateTokenRequest { Name = "all" }, mine).ResponseAsync));
        Assert.Equal(["mine"], (await _controller.Admin.ListOrganizationsAsync(new ListOrganizationsRequest(), mine)).Organizations.Select(o => o.Name));
    }

    [Fact]
    public async Task A_revoked_token_opens_nothing()
    {
        await CreateAsync("mine");
        var made = await _controller.Admin.CreateTokenAsync(new CreateTokenRequest { Organization = "mine", Name = "ci" }, _controller.AsAdmin());
        Assert.Empty((await List("mine", RunningController.With(made.Secret))).Nodes);
        await _controller.Admin.RevokeTokenAsync(new RevokeTokenRequest { Organization = "mine", Id = made.Id }, _controller.AsAdmin());

        Assert.Equal("Unauthenticated token-invalid", await RefusalAsync(() => List("mine", RunningController.With(made.Secret))));
    }

    [Fact]
    public async Task An_organization_that_exists_is_refused_and_a_wrong_pool_leaves_no_trace()
    {
        await CreateAsync("mine");

        Assert.Equal("AlreadyExists organization-exists", await RefusalAsync(() => CreateAsync("mine")));
        Assert.Equal("NotFound organization-unknown", await RefusalAsync(() => List("nothing", _controller.AsAdmin())));
        Assert.StartsWith("InvalidArgument ", await RefusalAsync(() => CreateAsync("bad", "10.0.0.1/8")), StringComparison.Ordinal);
        Assert.DoesNotContain((await _controller.Admin.ListOrganizationsAsync(new ListOrganizationsRequest(), _controller.AsAdmin())).Organizations, o => o.Name == "bad");
    }

    [Fact]
    public async Task Nodes_are_found_by_id_name_and_address_and_an_ambiguous_name_lists_the_ids()
    {
        var first = new Machine("twin");
        var second = new Machine("twin");
        await first.JoinAsync(_controller);
        await second.JoinAsync(_controller);
        var byId = await GetAsync(first.Id.ToString());
        var byAddress = await GetAsync(byId.Addresses[0]);
        var fault = await Assert.ThrowsAsync<RpcException>(() => GetAsync("twin"));

        Assert.Equal(byId.Id, byAddress.Id);
        Assert.Equal("node-ambiguous", fault.Trailers.GetValue("mesh-code"));
        Assert.Contains(first.Id.ToString(), fault.Status.Detail, StringComparison.Ordinal);
        Assert.Contains(second.Id.ToString(), fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("NotFound node-unknown", await RefusalAsync(() => GetAsync("nobody")));
    }

    [Fact]
    public async Task Events_tell_who_did_what_and_hold_no_secret_and_no_hash()
    {
        await new Machine("node1").JoinAsync(_controller, "172.24.0.0/24");
        using var call = _controller.Admin.StreamEvents(new StreamEventsRequest { Organization = "default" }, _controller.AsAdmin());
        var events = new List<Event>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            events.Add(call.ResponseStream.Current);
        }

        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(e => e.Revision));
        Assert.Equal("org.created.v1", events[0].Type);
        var joined = Assert.Single(events, e => e.Type == "org.node-joined.v1");
        Assert.Equal(("join-key", _controller.JoinKey.Id), (joined.PrincipalKind, joined.PrincipalId));
        Assert.Contains("\"name\":\"node1\"", joined.Json, StringComparison.Ordinal);
        var everything = string.Concat(events.Select(e => e.Json));
        Assert.DoesNotContain(_controller.JoinKey.Secret, everything, StringComparison.Ordinal);
        Assert.DoesNotContain("hash", everything, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("credential", everything, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Every_event_has_json_of_its_own()
    {
        foreach (var type in typeof(Domain.Organizations.OrganizationEvent).GetNestedTypes().Where(t => !t.IsAbstract))
        {
            var @event = (Domain.Organizations.OrganizationEvent)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
            var fault = Record.Exception(() => MeshActors.Contracts.History.EventFacts.Write(@event));
            Assert.False(fault is System.Diagnostics.UnreachableException, type.Name);
        }

        await Task.CompletedTask;
    }

    private async Task<NodesOf> List(string organization, Metadata headers) =>
        new((await _controller.Admin.ListNodesAsync(new ListNodesRequest { Organization = organization }, headers)).Nodes);

    private Task<Node> GetAsync(string node) =>
        _controller.Admin.GetNodeAsync(new GetNodeRequest { Organization = "default", Node = node }, _controller.AsAdmin()).ResponseAsync;

    private Task<Organization> CreateAsync(string name, string poolV4 = "") =>
        _controller.Admin.CreateOrganizationAsync(new CreateOrganizationRequest { Name = name, PoolV4 = poolV4 }, _controller.AsAdmin()).ResponseAsync;

    private async Task<Metadata> TokenOfAsync(string organization)
    {
        var token = await _controller.Admin.CreateTokenAsync(new CreateTokenRequest { Organization = organization, Name = "ops" }, _controller.AsAdmin());
        Assert.True(Bearer.TryParse(token.Secret, Bearer.TokenKind, out var bearer));
        Assert.Equal(organization, bearer.Scope);
        return RunningController.With(token.Secret);
    }

    private static async Task<string> RefusalAsync<T>(Func<Task<T>> call)
    {
        var fault = await Assert.ThrowsAsync<RpcException>(call);
        return $"{fault.StatusCode} {fault.Trailers.GetValue("mesh-code")}";
    }

    private sealed record NodesOf(IReadOnlyList<Node> Nodes);
}
