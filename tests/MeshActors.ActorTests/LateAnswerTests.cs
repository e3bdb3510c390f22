using System.Data.Common;
using Akka.Actor;
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
public sealed class LateAnswerTests
{
    [Fact]
    public async Task Who_asks_a_new_feed_is_answered_however_many_ticks_its_organization_needs()
    {
        using var directory = new TempDirectory();
        await using var host = await MeshHost.StartAsync(directory.Path);
        var system = host.Get<ActorSystem>();
        var kit = new Kit(system);
        var entity = kit.CreateTestProbe();
        var caller = kit.CreateTestProbe();
        var feed = system.ActorOf(OrganizationFeed.Props(Some.Acme, Settings(system, entity)));

        feed.Tell(OrganizationFeed.GetBoard.Instance, caller);
        var question = entity.ExpectMsg<Subscribe>();
        caller.ExpectNoMsg(TimeSpan.FromMilliseconds(200));
        var nothing = OrganizationJournal.WriteSnapshot(OrganizationState.Initial, 0, []);
        feed.Tell(new SubscribedWhole(Some.Acme, 0, nothing.Manifest, nothing.Bytes, question.Number), entity);

        caller.ExpectMsg<FeedBoard>(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_feed_asks_nothing_before_its_moment()
    {
        using var directory = new TempDirectory();
        await using var host = await MeshHost.StartAsync(directory.Path);
        var system = host.Get<ActorSystem>();
        var kit = new Kit(system);
        var entity = kit.CreateTestProbe();
        var settings = Settings(system, entity);
        settings.Beginnings.Took(20_000);
        Assert.Equal(TimeSpan.Zero, settings.Beginnings.Wait());

        var feed = system.ActorOf(OrganizationFeed.Props(Some.Acme, settings));
        var comesBack = new Node(Some.NodeId(), "a", Some.Key(), SecretHash.Of("a"), [], [], [], [], IsRemoved: false);
        feed.Tell(new OrganizationFeed.Follow(Some.Follow(Some.Acme, comesBack, 7, 0)));

        entity.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
        entity.ExpectMsg<Subscribe>(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Who_has_no_map_waits_for_no_moment()
    {
        using var directory = new TempDirectory();
        await using var host = await MeshHost.StartAsync(directory.Path);
        var system = host.Get<ActorSystem>();
        var kit = new Kit(system);
        var entity = kit.CreateTestProbe();
        var settings = Settings(system, entity);
        settings.Beginnings.Took(1_000_000);
        Assert.Equal(TimeSpan.Zero, settings.Beginnings.Wait());

        system.ActorOf(OrganizationFeed.Props(Some.Acme, settings)).Tell(OrganizationFeed.GetBoard.Instance, kit.TestActor);

        entity.ExpectMsg<Subscribe>(Beginnings.WaitMax / 2);
        entity.ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task Who_asks_a_feed_that_has_to_end_is_handed_back()
    {
        using var directory = new TempDirectory();
        await using var host = await MeshHost.StartAsync(directory.Path);
        var system = host.Get<ActorSystem>();
        var kit = new Kit(system);
        var feeds = kit.CreateTestProbe();
        var caller = kit.CreateTestProbe();
        var feed = feeds.ChildActorOf(OrganizationFeed.Props(Some.Acme, Settings(system, kit.CreateTestProbe())));

        feed.Tell(OrganizationFeed.GetBoard.Instance, caller);
        feed.Tell(StopEntity.Instance, feeds);

        Assert.Equal(new Feeds.ForOrganization(Some.Acme, OrganizationFeed.GetBoard.Instance), feeds.ExpectMsg<Feeds.ForOrganization>());
        Assert.Equal(caller.Ref, feeds.Sender);
    }

    private static FeedSettings Settings(ActorSystem system, IActorRef entity)
    {
        var links = new RegionLinks(new Homes(null), [], null, TimeProvider.System, NullLogger<RegionLinks>.Instance);
        static DbConnection Connect() => throw new InvalidOperationException("Nothing is read here.");
        return new FeedSettings(
            entity, system.DeadLetters, new OtherGateways(system), new HomeRows(new OrganizationRows(Connect), links), new JournalLook(Connect), "here", TimeProvider.System)
        {
            TickInterval = TimeSpan.FromMilliseconds(10),
        };
    }
}
