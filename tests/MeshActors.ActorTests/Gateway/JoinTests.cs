using Grpc.Core;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Admin.V1;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Trust;

namespace MeshActors.ActorTests.Gateway;

public sealed class JoinTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private RunningController _controller = null!;

    public async Task InitializeAsync() => _controller = await RunningController.StartAsync(_directory.Path);

    public async Task DisposeAsync() => await _controller.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_machine_with_the_join_url_is_in_and_a_repeated_join_gives_the_same_node()
    {
        var machine = new Machine("node1");
        var first = await machine.JoinAsync(_controller, "172.24.0.0/24");
        var again = await machine.JoinAsync(_controller, "172.24.0.0/24");

        Assert.Equal("default", first.Joined.Organization);
        Assert.Equal(first.Joined.NodeId, again.Joined.NodeId);
        Assert.Equal(first.Joined.Revision, again.Joined.Revision);
    }

    [Fact]
    public async Task A_wrong_secret_an_unknown_key_and_an_unknown_organization_get_the_same_answer()
    {
        var key = _controller.JoinKey;
        var wrong = await new Machine("a").JoinAsync(_controller, new Machine("a").Request(""));
        var secret = await JoinWithAsync((key with { Secret = new string('A', 43) }).Reveal());
        var unknown = await JoinWithAsync((key with { Id = "0000000000000000" }).Reveal());
        var elsewhere = await JoinWithAsync((key with { Scope = "elsewhere" }).Reveal());

        Assert.Equal("join-key-invalid", wrong.Refused.Code);
        Assert.Equal(wrong, secret);
        Assert.Equal(wrong, unknown);
        Assert.Equal(wrong, elsewhere);
    }

    [Fact]
    public async Task A_proof_with_another_private_key_is_refused_and_nothing_is_stored()
    {
        var thief = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
        var machine = new Machine("node1");
        var reply = await machine.JoinAsync(
            _controller, machine.Request(_controller.JoinKey.Reveal()), (request, challenge) => PossessionProof.Answer(request, challenge, thief));

        Assert.Equal("join-proof-invalid", reply.Refused.Code);
        Assert.Empty((await _controller.Admin.ListNodesAsync(new ListNodesRequest { Organization = "default" }, _controller.AsAdmin())).Nodes);
    }

    [Fact]
    public async Task A_proof_that_was_good_in_one_call_opens_nothing_in_another()
    {
        var machine = new Machine("node1");
        byte[] seen = [];
        var first = await machine.JoinAsync(_controller, machine.Request(_controller.JoinKey.Reveal()), (request, challenge) => seen = machine.Answer(request, challenge));
        var replayed = await machine.JoinAsync(_controller, machine.Request(_controller.JoinKey.Reveal()), (_, _) => seen);

        Assert.NotNull(first.Joined);
        Assert.Equal("join-proof-invalid", replayed.Refused.Code);
    }

    [Fact]
    public async Task An_organization_that_is_not_the_keys_is_refused()
    {
        var machine = new Machine("node1");
        var request = machine.Request(_controller.JoinKey.Reveal());
        request.Organization = "other";

        Assert.Equal("organization-mismatch", (await machine.JoinAsync(_controller, request)).Refused.Code);
    }

    [Fact]
    public async Task A_prefix_in_anothers_is_refused_with_the_holders_name()
    {
        await new Machine("node1").JoinAsync(_controller, "172.24.0.0/24");
        var refused = (await new Machine("node2").JoinAsync(_controller, "172.24.0.128/25")).Refused;

        Assert.Equal("prefix-overlap", refused.Code);
        Assert.Contains("node1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_lets_nobody_in()
    {
        await _controller.Admin.RevokeJoinKeyAsync(
            new RevokeJoinKeyRequest { Organization = "default", Id = _controller.JoinKey.Id }, _controller.AsAdmin());

        Assert.Equal("join-key-revoked", (await new Machine("node1").JoinAsync(_controller)).Refused.Code);
    }

    [Fact]
    public async Task A_replacement_takes_the_nodes_addresses_and_prefixes_and_the_old_credential_opens_nothing()
    {
        var old = new Machine("node1");
        await old.JoinAsync(_controller, "172.24.0.0/24");
        var key = await _controller.Admin.ReplaceNodeAsync(
            new ReplaceNodeRequest { Organization = "default", Node = "node1" }, _controller.AsAdmin());
        var next = new Machine("node1");
        var reply = await next.JoinAsync(_controller, next.Request(key.Secret, "172.24.0.0/24"));
        var third = await new Machine("node3").JoinAsync(_controller, new Machine("node3").Request(key.Secret));

        Assert.Equal(old.Id, reply.Joined.NodeId.ToNodeId());
        Assert.True(key.SingleUse);
        Assert.NotEqual(0, key.ExpiresUnixMs);
        Assert.NotNull(third.Refused);
        using var stream = await old.ConnectAsync(_controller, old.Hello("172.24.0.0/24"));
        var away = await stream.NextAsync();
        Assert.Equal("credential-invalid", away.GoAway.Reason.Code);
        Assert.True(away.GoAway.Final);
    }

    [Fact]
    public async Task Bytes_that_are_no_message_and_messages_too_long_are_refused_and_the_controller_lives()
    {
        var garbage = await Assert.ThrowsAsync<RpcException>(() => Raw.JoinAsync(_controller, [0xff, 0xff, 0xff]));
        var tooLong = await Assert.ThrowsAsync<RpcException>(() => Raw.JoinAsync(_controller, new byte[100_000]));
        var unary = await Assert.ThrowsAsync<RpcException>(() => Raw.GetStatusAsync(_controller, [0xff, 0xff, 0xff]));

        Assert.Equal((StatusCode.InvalidArgument, "request-malformed"), (garbage.StatusCode, garbage.Trailers.GetValue("mesh-code")));
        Assert.Equal(StatusCode.ResourceExhausted, tooLong.StatusCode);
        Assert.Equal((StatusCode.InvalidArgument, "request-malformed"), (unary.StatusCode, unary.Trailers.GetValue("mesh-code")));
        Assert.NotNull((await new Machine("node1").JoinAsync(_controller)).Joined);
    }

    private Task<JoinReply> JoinWithAsync(string joinKey)
    {
        var machine = new Machine("stranger");
        return machine.JoinAsync(_controller, machine.Request(joinKey));
    }
}
