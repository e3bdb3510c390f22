using System.Net;
using Google.Protobuf;
using MeshActors.ActorTests.Support;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Region.V1;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using Node = MeshActors.Domain.Organizations.Node;
using NodeSession = MeshActors.Domain.Nodes.NodeSession;

namespace MeshActors.ActorTests.Regions;

/// <summary>What regions of neighbouring builds say to each other, they both understand.</summary>
public sealed class RegionWireTests
{
    private static readonly NodeId Node1 = new(Guid.Parse("0193e3a0-0000-7000-8000-000000000001"));
    private static readonly PublicKey Key1 = new([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
    private static readonly SecretHash Hash1 = SecretHash.Of("one");
    private static readonly OrganizationId Acme = OrganizationId.Parse("acme@eu");
    private static readonly RegionName Us = RegionName.Parse("us");
    private static readonly Meta Meta1 = new(Some.Meta().Time, new Principal(PrincipalKind.Token, "t1", "admin"), "r-1");
    private static readonly ValueList<Endpoint> Endpoints1 =
        [new(EndpointKind.Configured, IPAddress.Parse("192.0.2.1"), 51820), new(EndpointKind.Observed, IPAddress.Parse("2001:db8::1"), 1)];

    private static readonly OrganizationCommand[] Commands =
    [
        new OrganizationCommand.Create(Acme, Some.Pools),
        new OrganizationCommand.CreateJoinKey(new JoinKey("k1", Hash1, true, Meta1.Time, Node1, "for all")),
        new OrganizationCommand.RevokeJoinKey("k1"),
        new OrganizationCommand.CreateToken(new AccessToken("t1", Hash1, "admin")),
        new OrganizationCommand.RevokeToken("t1"),
        new OrganizationCommand.Join(Node1, "k1", Hash1, Key1, Hash1, "näme", ["100.64.0.9"], ["10.1.0.0/16", "fd00::/8"], Endpoints1),
        new OrganizationCommand.Announce(Node1, "a", [], ["10.1.0.0/16"], Endpoints1),
        new OrganizationCommand.ReportEndpoints(Node1, Endpoints1),
        new OrganizationCommand.RemoveNode(Node1),
        new OrganizationCommand.Move(Us),
        new OrganizationCommand.Settle(Us),
    ];

    private static readonly NodeEvent[] Sightings =
    [
        new NodeEvent.SessionOpened(Meta1.Time, "gw", "1", "192.0.2.1"), new NodeEvent.SessionClosed(Meta1.Time, 7, "ended"),
        new NodeEvent.WarningsChanged(["one", "two"]), new NodeEvent.KeySeen(Meta1.Time, Key1),
    ];

    private static readonly Node Whole = new(
        Node1, "a", Key1, Hash1, [Prefix.Host(IPAddress.Parse("100.64.0.1"))], [Some.Pools.V6], [], Endpoints1, IsRemoved: true);

    private static readonly NodeActivityState Activity = new(
        [new NodeSession(Meta1.Time, null, "gw", "1", "r", ""), new NodeSession(Meta1.Time, Meta1.Time, "gw", "1", "r", "x")], ["w"], [Key1], 9);

    [Fact]
    public void Every_command_comes_through_and_has_a_sample()
    {
        Assert.Equal(typeof(OrganizationCommand).GetNestedTypes().ToHashSet(), Commands.Select(command => command.GetType()).ToHashSet());
        foreach (var command in Commands)
        {
            var read = ExecuteRequest.Parser.ParseFrom(RegionMapping.ToWire(Acme, command, Meta1).ToByteArray());
            Assert.Equal(command, read.Command.ToCommand());
            Assert.Equal((Acme.Value, Meta1), (read.Organization, RegionMapping.ToMeta(read.Meta)));
        }
    }

    [Fact]
    public void Every_sighting_comes_through_and_has_a_sample()
    {
        Assert.Equal(typeof(NodeEvent).GetNestedTypes().ToHashSet(), Sightings.Select(seen => seen.GetType()).ToHashSet());
        foreach (var seen in Sightings)
        {
            var read = NodeSighting.Parser.ParseFrom(RegionMapping.ToSighting(Acme, Node1, seen, Meta1).ToByteArray()).ToRow();
            Assert.Equal((seen, Meta1), (read.Event, read.Meta));
        }
    }

    [Fact]
    public void Answers_come_through()
    {
        Assert.Equal(Whole, RegionMapping.NodeOf(Done.Parser.ParseFrom(RegionMapping.ToDone(7, Whole).ToByteArray())));
        Assert.Null(RegionMapping.NodeOf(RegionMapping.ToDone(7, null)));
        var activity = NodeActivityReply.Parser.ParseFrom(RegionMapping.ToReply(Activity).ToByteArray()).ToState();
        Assert.Equal(Activity.Sessions, activity.Sessions);
        Assert.Equal((Activity.Warnings, Activity.AppliedRevision), (activity.Warnings, activity.AppliedRevision));
    }

    [Fact]
    public void A_command_of_a_newer_build_is_no_command() =>
        Assert.Throws<FormatException>(() => new Command().ToCommand());

    [Fact]
    public void The_bytes_are_those_of_the_build_before()
    {
        IMessage[] messages =
        [
            .. Commands.Select(command => RegionMapping.ToWire(Acme, command, Meta1)),
            .. Sightings.Select(seen => RegionMapping.ToSighting(Acme, Node1, seen, Meta1)),
            new ExecuteReply { Done = RegionMapping.ToDone(7, Whole) },
            new ExecuteReply { Refused = new() { Code = "c", Message = "m" } },
            new ExecuteReply { Broken = "b" },
            new ExecuteReply { WriteFailed = "w" },
            new ExecuteReply { Moved = new() { Region = "us", Message = "m" } },
            new FeedRequest { Organization = "acme@eu", HaveRevision = 5, Number = 6 },
            new FeedMessage { Whole = new() { Revision = 5, Manifest = "x", Snapshot = ByteString.CopyFrom(1, 2), Number = 6, Last = true } },
            new FeedMessage { Entries = new() { AfterRevision = 5, Entries_ = { new Row { Revision = 6, Manifest = "x", Record = ByteString.CopyFrom(1) } }, Number = 7 } },
            new FeedMessage { Broken = "b" },
            new FeedMessage { Moved = new() { Region = "us", Message = "m" } },
            new NodeActivityRequest { Organization = "acme@eu", Node = Node1.ToWire() },
            RegionMapping.ToReply(Activity),
            new ReadRowsRequest { Organization = "acme@eu", FromRevision = 1, ToRevision = 2 },
            new Contracts.Region.V1.Rows { Rows_ = { new Row { Revision = 6, Manifest = "x", Record = ByteString.CopyFrom(1) } } },
            RegionMapping.ToArrive(Acme, Us, Meta1, probe: true),
            new ArriveProgress { Revision = 5, Refused = new() { Code = "c", Message = "m" }, Settled = true },
        ];
        GoldenFile.Matches("region.txt", [.. messages.Select(message => $"{message.Descriptor.Name} {Convert.ToHexStringLower(message.ToByteArray())}")]);
    }
}
