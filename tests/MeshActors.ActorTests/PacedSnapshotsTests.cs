using Akka.Actor;
using Akka.Persistence;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Serialization;
using MeshActors.Domain.Organizations;

namespace MeshActors.ActorTests;

/// <summary>Snapshots that are wanted together are written one after the other, beside the work.</summary>
public sealed class PacedSnapshotsTests : TestKit
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly TestProbe _store;
    private readonly TestProbe _one;
    private readonly TestProbe _other;
    private readonly IActorRef _paced;

    public PacedSnapshotsTests()
    {
        (_store, _one, _other) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _paced = Sys.ActorOf(PacedSnapshots.Props(_store));
    }

    [Fact]
    public async Task The_next_is_written_when_the_last_is_stored_and_some_time_has_passed()
    {
        _paced.Tell(Save("one", 7), _one);
        _paced.Tell(Save("other", 8), _other);
        var first = await WantedAsync("one", 7);
        Assert.Equal(OrganizationJournal.SnapshotManifest, Assert.IsType<JournalEntry>(first.Snapshot).Manifest);

        // So long it takes to be stored: three times as long the other waits.
        await _store.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));
        _paced.Tell(new SaveSnapshotSuccess(first.Metadata));
        Assert.Equal(7, (await _one.ExpectMsgAsync<SaveSnapshotSuccess>(Soon)).Metadata.SequenceNr);
        await _store.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(500));
        var second = await WantedAsync("other", 8);
        _paced.Tell(new SaveSnapshotSuccess(second.Metadata));
        await _other.ExpectMsgAsync<SaveSnapshotSuccess>(Soon);
    }

    [Fact]
    public async Task Of_one_organization_the_newest_that_waits_is_written_alone()
    {
        _paced.Tell(Save("one", 7), _one);
        _paced.Tell(Save("other", 8), _other);
        _paced.Tell(Save("other", 9), _other);
        Assert.Equal(8, (await _other.ExpectMsgAsync<SaveSnapshotFailure>(Soon)).Metadata.SequenceNr);
        _paced.Tell(new SaveSnapshotSuccess((await WantedAsync("one", 7)).Metadata));
        _paced.Tell(new SaveSnapshotSuccess((await WantedAsync("other", 9)).Metadata));
        await _other.ExpectMsgAsync<SaveSnapshotSuccess>(Soon);
        await _store.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task One_that_fails_holds_up_no_other()
    {
        _paced.Tell(Save("one", 7), _one);
        _paced.Tell(Save("other", 8), _other);
        var first = await WantedAsync("one", 7);
        _paced.Tell(new SaveSnapshotFailure(first.Metadata, new InvalidOperationException("no")));
        await _one.ExpectMsgAsync<SaveSnapshotFailure>(Soon);
        await WantedAsync("other", 8);

        // An answer that comes twice ends nothing else.
        _paced.Tell(new SaveSnapshotSuccess(first.Metadata));
        await _one.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));
    }

    private async Task<SaveSnapshot> WantedAsync(string entity, long revision)
    {
        var save = await _store.ExpectMsgAsync<SaveSnapshot>(Soon);
        Assert.Equal((entity, revision), (save.Metadata.PersistenceId, save.Metadata.SequenceNr));
        return save;
    }

    private static SaveSnapshot Save(string entity, long revision) =>
        new(new SnapshotMetadata(entity, revision, default), new Replica(OrganizationState.Initial, revision, new byte[32]));
}
