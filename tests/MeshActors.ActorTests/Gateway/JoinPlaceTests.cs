using MeshActors.Contracts.Agent.V1;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MeshActors.ActorTests.Gateway;

/// <summary>The place of a join whose agent takes nothing.</summary>
public sealed class JoinPlaceTests
{
    private static readonly OrganizationId Acme = OrganizationId.Parse("acme");

    [Fact]
    public async Task Who_does_not_take_the_challenge_loses_its_place_and_its_connection()
    {
        var time = new FakeTimeProvider();
        // One of them for an organization alone.
        var pending = new PendingJoins(max: 2, servedMax: 2, processors: 2, time);
        using var call = new DeafCall(new Machine("deaf").Request($"mjk.{Acme}.key1.{new string('s', 43)}"));
        var join = new JoinCall(null!, null!, time, pending, null!, NullLogger<JoinCall>.Instance).RunAsync(call);
        await call.Writing.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(HasPlace(pending));

        time.Advance(AgentProtocol.StepDeadline);

        await Assert.ThrowsAsync<CallLateException>(() => join.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.True(call.Aborted.IsCancellationRequested);
        Assert.True(HasPlace(pending));
    }

    private static bool HasPlace(PendingJoins pending)
    {
        using var place = pending.TryEnter()!;
        return place.TryName(Acme);
    }

    private sealed class DeafCall(JoinRequest request) : IAgentCall<JoinStep, JoinStep>, IDisposable
    {
        private readonly TaskCompletionSource _writing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _aborted = new();

        public CallOrigin Origin { get; } = new(null, null, "a test", "r1");

        public CancellationToken Aborted => _aborted.Token;

        public Task Writing => _writing.Task;

        public Task<JoinStep?> ReadAsync() => Task.FromResult<JoinStep?>(new JoinStep { Request = request });

        public Task WriteAsync(JoinStep message, bool hasMore = false)
        {
            _writing.SetResult();
            return Task.Delay(Timeout.Infinite);
        }

        public void Abort() => _aborted.Cancel();

        public void Dispose() => _aborted.Dispose();
    }
}
