using System.Data.Common;
using Akka.Actor;
using Akka.TestKit;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Feeds;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Regions;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using Microsoft.Extensions.Logging.Abstractions;
using Kit = Akka.TestKit.Xunit2.TestKit;

namespace MeshActors.ActorTests;

/// <summary>A feed and its first answer, which comes late from an organization that is just moving or recovering.</summary>
public sealed class LateAnswerTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private MeshHost _host = null!;
    private Kit _kit = null!;
    private TestProbe _entity = null!;

    public async Task InitializeAsync()
    {
        _host = await MeshHost.StartAsync(_directory.Path);
        _kit = new Kit(_host.Get<ActorSystem>());
        _entity = _kit.CreateTestProbe();
    }

    public Task DisposeAsync() => _host.StopAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Who_asks_a_new_feed_is_answered_however_many_ticks_its_organization_needs()
    {
        var caller = _kit.CreateTestProbe();
        var feed = _kit.Sys.ActorOf(OrganizationFeed.Props(Some.Acme, Settings(_entity)));

        feed.Tell(OrganizationFeed.GetBoard.Instance, caller);
        var question = _entity.ExpectMsg<Subscribe>();
        caller.ExpectNoMsg(TimeSpan.FromMilliseconds(200));
        var nothing = OrganizationJournal.WriteSnapshot(OrganizationState.Initial, 0, []);
        feed.Tell(new SubscribedWhole(Some.Acme, 0, nothing.Manifest, nothing.Bytes, question.Number), _entity);

        caller.ExpectMsg<FeedBoard>(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_feed_asks_nothing_before_its_moment()
    {
        var settings = Settings(_entity);
        settings.Beginnings.Took(20_000);
        Assert.Equal(TimeSpan.Zero, settings.Beginnings.Wait());

        var feed = _kit.Sys.ActorOf(OrganizationFeed.Props(Some.Acme, settings));
        var comesBack = new Node(Some.NodeId(), "a", Some.Key(), SecretHash.Of("a"), [], [], [], [], IsRemoved: false);
        feed.Tell(new OrganizationFeed.Follow(Some.Follow(Some.Acme, comesBack, 7, 0)));

        _entity.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
        _entity.ExpectMsg<Subscribe>(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Who_has_no_map_waits_for_no_moment()
    {
        var settings = Settings(_entity);
        settings.Beginnings.Took(1_000_000);
        Assert.Equal(TimeSpan.Zero, settings.Beginnings.Wait());

        _kit.Sys.ActorOf(OrganizationFeed.Props(Some.Acme, settings)).Tell(OrganizationFeed.GetBoard.Instance, _kit.TestActor);

        _entity.ExpectMsg<Subscribe>(Beginnings.WaitMax / 2);
        _entity.ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void Who_asks_a_feed_that_has_to_end_is_handed_back()
    {
        var feeds = _kit.CreateTestProbe();
        var caller = _kit.CreateTestProbe();
        var feed = feeds.ChildActorOf(OrganizationFeed.Props(Some.Acme, Settings(_entity)));

        feed.Tell(OrganizationFeed.GetBoard.Instance, caller);
        feed.Tell(StopEntity.Instance, feeds);

        Assert.Equal(new Feeds.ForOrganization(Some.Acme, OrganizationFeed.GetBoard.Instance), feeds.ExpectMsg<Feeds.ForOrganization>());
        Assert.Equal(caller.Ref, feeds.Sender);
    }

    private FeedSettings Settings(IActorRef entity)
    {
        var links = new RegionLinks(new Homes(null), [], null, TimeProvider.System, NullLogger<RegionLinks>.Instance);
        static DbConnection Connect() => throw new InvalidOperationException("Nothing is read here.");
        return new FeedSettings(
            entity, _kit.Sys.DeadLetters, new OtherGateways(_kit.Sys), new HomeRows(new OrganizationRows(Connect), links), new JournalLook(Connect), "here", TimeProvider.System)
        {
            TickInterval = TimeSpan.FromMilliseconds(10),
        };
    }
}
