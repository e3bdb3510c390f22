using Akka.Actor;
using Akka.Persistence;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Serialization;
using MeshActors.Domain;
using MeshActors.Domain.Maps;

namespace MeshActors.ActorTests;

/// <summary>An organization that begins where a feed has it: from the feed, when the journal proves it.</summary>
public sealed class ReplicaTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_organization_begins_with_what_a_feed_here_has_and_goes_on()
    {
        UInt128 digest;
        await using (var host = await FoundedAsync())
        {
            await host.Mesh.JoinedAsync("b", "10.2.0.0/24");
            var revision = await RevisionAsync(host);
            var replica = Assert.IsType<Replica>(await OfferAsync(host));
            Assert.Equal((revision, 0), (replica.Revision, replica.SnapshotRevision));

            await StopEntityAsync(host);
            await host.Mesh.JoinedAsync("c", "10.3.0.0/24");
            Assert.Equal(RefusalCodes.PrefixOverlap, (await host.Mesh.RefusedAsync(Some.Join("d", "10.2.0.0/24"))).Code);
            digest = await DigestAsync(host.Mesh);
        }

        // The rows alone say the same: nothing of the chain is missing or doubled.
        await using var again = await MeshHost.StartAsync(_directory.Path);
        Assert.Equal(digest, await DigestAsync(again.Mesh));
    }

    [Fact]
    public async Task What_the_feed_has_is_not_read_again()
    {
        await using var host = await FoundedAsync();
        var revision = await RevisionAsync(host);
        TestJournal.Unguard(_directory.Path);
        // Whoever replays it stops there.
        Assert.Equal(1, TestJournal.Run(
            _directory.Path, "UPDATE journal SET manifest = 'org.from-the-future.v9' WHERE persistence_id = 'org-acme' AND sequence_number = 2", command => command.ExecuteNonQuery()));
        await StopEntityAsync(host);
        Assert.Equal(revision + 1, (await host.Mesh.DoneAsync(Some.Join("b"))).Revision);
    }

    [Theory]
    [InlineData("DELETE FROM journal WHERE persistence_id = 'org-acme' AND sequence_number = (SELECT MAX(sequence_number) FROM journal WHERE persistence_id = 'org-acme')")]
    [InlineData("UPDATE journal SET message = (SELECT message FROM journal WHERE persistence_id = 'org-acme' AND sequence_number = 2) WHERE persistence_id = 'org-acme' AND sequence_number = (SELECT MAX(sequence_number) FROM journal WHERE persistence_id = 'org-acme')")]
    public async Task What_the_journal_does_not_prove_is_not_offered(string damage)
    {
        await using var host = await FoundedAsync();
        await RevisionAsync(host);
        Assert.IsType<Replica>(await OfferAsync(host));
        TestJournal.Unguard(_directory.Path);
        Assert.Equal(1, TestJournal.Run(_directory.Path, damage, command => command.ExecuteNonQuery()));
        Assert.Null(await OfferAsync(host));
    }

    [Fact]
    public async Task Of_what_no_feed_has_the_stored_snapshot_is_offered()
    {
        await using var host = await FoundedAsync();
        await StoreSnapshotAsync(host, [7]);
        var stored = Assert.IsType<JournalEntry>(await OfferAsync(host));
        Assert.Equal([7], stored.Bytes);
    }

    [Fact]
    public async Task A_snapshot_that_is_stored_is_known_beside_the_replica()
    {
        await using var host = await FoundedAsync();
        await RevisionAsync(host);
        await StoreSnapshotAsync(host, [7]);
        Assert.Equal(1, Assert.IsType<Replica>(await OfferAsync(host)).SnapshotRevision);
    }

    private async Task<MeshHost> FoundedAsync()
    {
        var host = await MeshHost.StartAsync(_directory.Path);
        await host.Mesh.FoundAsync();
        await host.Mesh.JoinedAsync("a", "10.1.0.0/24");
        return host;
    }

    /// <summary>Asks a feed, which is there from then on.</summary>
    private static async Task<long> RevisionAsync(MeshHost host) => (await host.Mesh.GetAsync(Some.Acme, default))!.Revision;

    private static async Task<UInt128> DigestAsync(IMesh mesh)
    {
        var view = (await mesh.GetAsync(Some.Acme, default))!;
        return MeshMap.Of(view.State, view.Revision).Digest;
    }

    private static IActorRef Store(MeshHost host) => Persistence.Instance.Apply(host.Get<ActorSystem>()).SnapshotStoreFor(ReplicaSnapshots.PluginId);

    private static async Task<object?> OfferAsync(MeshHost host) => (await Store(host).Ask<LoadSnapshotResult>(
        new LoadSnapshot(OrganizationActor.PersistenceIdOf(Some.Acme), SnapshotSelectionCriteria.Latest, long.MaxValue), TimeSpan.FromSeconds(10))).Snapshot?.Snapshot;

    private static async Task StoreSnapshotAsync(MeshHost host, byte[] bytes) => await Store(host).Ask<SaveSnapshotSuccess>(
        new SaveSnapshot(
            new SnapshotMetadata(OrganizationActor.PersistenceIdOf(Some.Acme), 1, default), new JournalEntry(OrganizationJournal.SnapshotManifest, bytes)),
        TimeSpan.FromSeconds(10));

    private static async Task StopEntityAsync(MeshHost host)
    {
        var entity = await host.Get<ActorSystem>().ActorSelection("/system/sharding/organization/*/acme").ResolveOne(TimeSpan.FromSeconds(10));
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var stopped = entity.WatchAsync(late.Token);
        entity.Tell(StopEntity.Instance);
        await stopped;
    }
}
