using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Messages;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using Kit = Akka.TestKit.Xunit2.TestKit;

namespace MeshActors.ActorTests;

/// <summary>Commands that come while a write is under way: decided at once, stored together, and answered only then.</summary>
public sealed class BatchTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(300);

    private readonly TempDirectory _directory = new();
    private readonly OrganizationId _org = OrganizationId.Parse($"org-{Guid.CreateVersion7():N}");
    private MeshHost _host = null!;
    private Kit _kit = null!;
    private TestProbe _caller = null!;
    private TestProbe _feed = null!;
    private long _before;

    public async Task InitializeAsync()
    {
        var config = _directory.File("faulty.conf");
        await File.WriteAllTextAsync(config, FaultyJournal.Hocon);
        _host = await MeshHost.StartAsync(_directory.Path, null, config);
        _kit = new Kit(_host.Get<ActorSystem>());
        _caller = _kit.CreateTestProbe();
        _feed = _kit.CreateTestProbe();
        await _host.Mesh.FoundAsync(_org);
        _before = (await _host.Mesh.GetAsync(_org, default))!.Revision;
        FaultyJournal.Writes.Clear();
    }

    public Task DisposeAsync() => _host.StopAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Commands_that_come_during_a_write_go_out_as_one_and_are_answered_in_their_order()
    {
        var gate = Hold();
        var joins = Enumerable.Range(0, 20).Select(i => Some.Join($"n{i}", $"10.1.{i}.0/24")).ToList();
        joins.ForEach(Tell);
        Assert.Equal(_before, StoredRevision());
        _caller.ExpectNoMsg(Silence);
        gate.SetResult();

        var revisions = joins.Select(join =>
        {
            var done = _caller.ExpectMsg<CommandReply.Done>();
            Assert.Equal(join.NewNode, done.Node!.Id);
            Assert.Equal(join.Prefixes, done.Node.Allocated.Select(prefix => prefix.ToString()).ToValueList());
            return done.Revision;
        }).ToList();
        Assert.Equal(Enumerable.Range(1, 20).Select(i => _before + (i * 3)), revisions);
        Assert.Equal([3, 19 * 3], FaultyJournal.Writes[Id]);
    }

    [Fact]
    public async Task A_refusal_and_a_repeat_wait_for_what_they_rest_on_and_fall_with_it()
    {
        var (holder, late) = (Some.Join("holder", "10.1.0.0/24"), Some.Join("late", "10.1.0.0/24"));
        FaultyJournal.Faults[Id] = new([FaultyJournal.Fault.Fails]);
        var gate = Hold();
        Tell(holder);
        Tell(late);
        Tell(holder);
        Assert.Equal(_before, StoredRevision());
        _caller.ExpectNoMsg(Silence);
        gate.SetResult();

        Assert.All(Enumerable.Range(0, 3), _ => _caller.ExpectMsg<WriteFailed>());
        Assert.Equal("10.1.0.0/24", Assert.Single((await _host.Mesh.DoneAsync(late, _org)).Node!.Allocated).ToString());
        Assert.Equal(RefusalCodes.PrefixOverlap, (await _host.Mesh.RefusedAsync(holder, _org)).Code);
    }

    [Theory]
    [InlineData(FaultyJournal.Fault.Fails)]
    [InlineData(FaultyJournal.Fault.FailsAfterStoring)]
    [InlineData(FaultyJournal.Fault.Refuses)]
    public async Task When_a_batch_fails_all_of_it_is_unknown_and_asking_again_sets_it_right(FaultyJournal.Fault fault)
    {
        var gate = Hold();
        var first = Some.Join("first", "10.1.0.0/24");
        var batch = Enumerable.Range(0, 10).Select(i => Some.Join($"n{i}", $"10.2.{i}.0/24")).ToList();
        var clash = Some.Join("clash", "10.2.3.0/25");
        Tell(first);
        batch.ForEach(Tell);
        Tell(clash);
        Assert.Equal(_before, StoredRevision());
        FaultyJournal.Gates.TryRemove(Id, out _);
        var second = Hold();
        gate.SetResult();
        Assert.Equal(first.NewNode, _caller.ExpectMsg<CommandReply.Done>().Node!.Id);
        FaultyJournal.Faults[Id] = new([fault]);
        second.SetResult();

        Assert.All(Enumerable.Range(0, 11), _ => _caller.ExpectMsg<WriteFailed>());
        var stored = (await _host.Mesh.GetAsync(_org, default))!.State.Nodes.Values.Select(node => node.Name).ToList();
        Assert.Contains(stored.Count, new[] { 1, 11 });
        foreach (var join in batch)
        {
            Assert.Equal(join.NewNode, (await _host.Mesh.DoneAsync(join, _org)).Node!.Id);
        }

        Assert.Equal(RefusalCodes.PrefixOverlap, (await _host.Mesh.RefusedAsync(clash, _org)).Code);
    }

    [Fact]
    public void What_waits_is_bounded_and_who_comes_too_much_is_told_so_at_once()
    {
        const int Max = GroupCommit<object, object, object>.WaitingMax;
        const int TooMany = 5;
        var gate = Hold();
        for (var i = 0; i < Max + TooMany; i++)
        {
            Tell(Some.Join($"n{i}"));
        }

        for (var i = 0; i < TooMany; i++)
        {
            Assert.Equal(RefusalCodes.Overloaded, _caller.ExpectMsg<CommandReply.Refused>().Reason.Code);
        }

        gate.SetResult();
        for (var i = 0; i < Max; i++)
        {
            Assert.Equal($"n{i}", _caller.ExpectMsg<CommandReply.Done>().Node!.Name);
        }

        Assert.All(FaultyJournal.Writes[Id], entries => Assert.InRange(entries, 1, GroupCommit<object, object, object>.EntriesMax));
    }

    [Fact]
    public void An_entity_that_is_to_stop_answers_first_who_waits()
    {
        var gate = Hold();
        Tell(Some.Join("a"));
        Tell(Some.Join("b"));
        Assert.Equal(_before, StoredRevision());
        var entity = _feed.LastSender;
        var watcher = _kit.CreateTestProbe();
        watcher.Watch(entity);
        entity.Tell(StopEntity.Instance);
        watcher.ExpectNoMsg(Silence);
        gate.SetResult();

        Assert.Equal("a", _caller.ExpectMsg<CommandReply.Done>().Node!.Name);
        Assert.Equal("b", _caller.ExpectMsg<CommandReply.Done>().Node!.Name);
        watcher.ExpectTerminated(entity);
    }

    [Fact]
    public void Feeds_get_a_batch_as_one_bundle_before_its_callers_are_answered()
    {
        var gate = Hold();
        _caller = _feed;
        Tell(Some.Join("a"));
        Assert.Equal(_before, StoredRevision());
        Tell(Some.Join("b"));
        Tell(Some.Join("c"));
        Assert.Equal(_before, StoredRevision());
        gate.SetResult();

        Assert.Equal([_before + 1], Bundle());
        Assert.Equal("a", _caller.ExpectMsg<CommandReply.Done>().Node!.Name);
        Assert.Equal([_before + 2, _before + 3], Bundle());
        Assert.Equal("b", _caller.ExpectMsg<CommandReply.Done>().Node!.Name);
        Assert.Equal("c", _caller.ExpectMsg<CommandReply.Done>().Node!.Name);
    }

    private IActorRef Organizations => _host.Get<IRequiredActor<OrganizationActor>>().ActorRef;

    private string Id => $"org-{_org}";

    private TaskCompletionSource Hold() => FaultyJournal.Gates[Id] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Tell(OrganizationCommand command) =>
        Organizations.Tell(new ExecuteOrganization(_org, command, Some.Meta()), _caller);

    /// <summary>What a subscriber is told, who asks after all the commands: so these are decided.</summary>
    private long StoredRevision()
    {
        Organizations.Tell(new Subscribe(_org, _before, 1), _feed);
        var answer = _feed.ExpectMsg<StoredEntries>();
        return answer.AfterRevision + answer.Entries.Length;
    }

    private List<long> Bundle() => [.. _feed.ExpectMsg<StoredEntries>().Entries.Select(entry => entry.Revision)];
}
