using System.Net;
using System.Reflection;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Serialization;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.ActorTests;

/// <summary>What was ever written can be read for ever; and what processes of neighbouring builds say, they both understand.</summary>
public sealed class GoldenTests
{
    private static readonly NodeId Node1 = new(Guid.Parse("0193e3a0-0000-7000-8000-000000000001"));
    private static readonly PublicKey Key1 = new([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
    private static readonly SecretHash Hash1 = SecretHash.Of("one");
    private static readonly Meta Meta1 = new(Some.Meta().Time, new Principal(PrincipalKind.Token, "t1", "admin"), "r-1");
    private static readonly ValueList<Prefix> Prefixes1 = [Prefix.From(IPAddress.Parse("10.1.0.0"), 24), Prefix.From(IPAddress.Parse("fd00:1::"), 64)];
    private static readonly ValueList<Endpoint> Endpoints1 =
        [new(EndpointKind.Configured, IPAddress.Parse("192.0.2.1"), 51820), new(EndpointKind.Observed, IPAddress.Parse("2001:db8::1"), 1)];

    private static readonly JoinKey JoinKey1 = new("k1", Hash1, true, Meta1.Time, Node1, "for all");
    private static readonly AccessToken Token1 = new("t1", Hash1, "admin");

    private static readonly OrganizationEvent[] Organization =
    [
        new OrganizationEvent.Created(Some.Acme, Some.Pools),
        new OrganizationEvent.JoinKeyCreated(JoinKey1),
        new OrganizationEvent.JoinKeyRevoked("k1"),
        new OrganizationEvent.TokenCreated(Token1),
        new OrganizationEvent.TokenRevoked("t1"),
        new OrganizationEvent.NodeJoined(Node1, "a", Key1, Hash1, Prefixes1, Endpoints1, "k1"),
        new OrganizationEvent.CredentialChanged(Node1, Hash1, "k1"),
        new OrganizationEvent.NodeReplaced(Node1, "b", Key1, Hash1, Endpoints1, "k1"),
        new OrganizationEvent.NodeRenamed(Node1, "c"),
        new OrganizationEvent.PrefixesAllocated(Node1, Prefixes1),
        new OrganizationEvent.PrefixesAnnounced(Node1, Prefixes1),
        new OrganizationEvent.EndpointsChanged(Node1, Endpoints1),
        new OrganizationEvent.NodeRemoved(Node1),
        new OrganizationEvent.Moved(RegionName.Parse("us")),
        new OrganizationEvent.Settled(RegionName.Parse("us")),
    ];

    private static readonly NodeEvent[] Activity =
    [
        new NodeEvent.SessionOpened(Meta1.Time, "gw", "0.1.0", "192.0.2.1"),
        new NodeEvent.SessionClosed(Meta1.Time, 7, "ended"),
        new NodeEvent.WarningsChanged(["one", "two"]),
        new NodeEvent.KeySeen(Meta1.Time, Key1),
    ];

    private static readonly DirectoryEvent[] Directory1 =
    [
        new DirectoryEvent.OrganizationRegistered(Some.Acme), new DirectoryEvent.TokenCreated(Token1), new DirectoryEvent.TokenRevoked("t1"),
        new DirectoryEvent.ImportBegun(Some.Acme),
    ];

    [Fact]
    public void Every_stored_event_has_its_golden_bytes() => Matches("journal.txt",
    [
        .. Lines(OrganizationJournal.Codec, Organization), .. Lines(NodeJournal.Codec, Activity), .. Lines(DirectoryJournal.Codec, Directory1),
    ]);

    [Fact]
    public void Every_golden_row_is_read_as_the_event_that_it_was()
    {
        Reads(OrganizationJournal.Codec, Organization, "org.");
        Reads(NodeJournal.Codec, Activity, "node.");
        Reads(DirectoryJournal.Codec, Directory1, "dir.");
    }

    [Fact]
    public void Every_case_of_an_event_has_a_sample()
    {
        Assert.Equal(typeof(OrganizationEvent).GetNestedTypes().ToHashSet(), Organization.Select(e => e.GetType()).ToHashSet());
        Assert.Equal(typeof(NodeEvent).GetNestedTypes().ToHashSet(), Activity.Select(e => e.GetType()).ToHashSet());
        Assert.Equal(typeof(DirectoryEvent).GetNestedTypes().ToHashSet(), Directory1.Select(e => e.GetType()).ToHashSet());
    }

    /// <remarks>When this fails after a release: the old record stays, and the change becomes a new one with a new alias.</remarks>
    [Fact]
    public void The_shape_of_every_wire_type_is_frozen() => Matches("wire-shapes.txt",
    [
        .. WireTypes.Messages.Select(m => $"{m.Alias} = {m.Type.Name}"),
        .. WireTypes.All.Where(type => type.Namespace?.StartsWith("MeshActors", StringComparison.Ordinal) == true && !type.IsArray)
            .Distinct().Select(Shape).Order(StringComparer.Ordinal),
    ]);

    private static string Shape(Type type) => $"{type} {{ {string.Join(", ", Fields(type))} }}";

    private static IEnumerable<string> Fields(Type type) => type
        .GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        .Select(field => $"{field.FieldType} {field.Name}")
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Lines<TEvent>(JournalCodec<TEvent> codec, IEnumerable<TEvent> events) => events
        .Select(e => codec.Encode(e, Meta1, [1, 2, 3]))
        .Select(entry => $"{entry.Manifest} {Convert.ToHexStringLower(entry.Bytes)}");

    private static void Reads<TEvent>(JournalCodec<TEvent> codec, TEvent[] events, string kind)
    {
        var rows = File.ReadAllLines(Golden("journal.txt"))
            .Select(line => line.Split(' '))
            .Where(parts => parts[0].StartsWith(kind, StringComparison.Ordinal))
            .Select(parts => codec.Decode(new JournalEntry(parts[0], Convert.FromHexString(parts[1]))))
            .ToList();
        Assert.Equal(events.Select(e => e!.ToString()), rows.Select(row => row.Event!.ToString()));
        Assert.Equal(events, rows.Select(row => row.Event));
        Assert.All(rows, row => Assert.Equal(Meta1, row.Meta));
        Assert.All(rows, row => Assert.Equal([1, 2, 3], row.PreviousHash));
    }

    private static void Matches(string file, string[] lines) => GoldenFile.Matches(file, lines);

    private static string Golden(string file) => GoldenFile.PathOf(file);
}
