using System.Net;
using System.Runtime.Serialization;
using Akka.Actor;
using MeshActors.ActorTests.Support;
using MeshActors.Cluster;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Serialization;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.ActorTests;

/// <summary>What controller processes say to each other survives the wire, and nothing else gets through it.</summary>
public sealed class WireTests : IClassFixture<WireTests.Fixture>
{
    private static readonly NodeId Node1 = new(Guid.Parse("0193e3a0-0000-7000-8000-000000000001"));
    private static readonly PublicKey Key1 = new([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
    private static readonly SecretHash Hash1 = SecretHash.Of("one");
    private static readonly Meta Meta1 = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, 123, TimeSpan.Zero), new Principal(PrincipalKind.JoinKey, "k1", "key"), "r-1");
    private static readonly ValueList<Endpoint> Endpoints1 =
        [new(EndpointKind.Configured, IPAddress.Parse("192.0.2.1"), 51820), new(EndpointKind.Observed, IPAddress.Parse("2001:db8::1"), 1)];

    private readonly HyperionWireSerializer _serializer;

    public WireTests(Fixture fixture) => _serializer = fixture.Serializer;

    public static TheoryData<string> Samples => [.. All().Select((sample, index) => $"{index} {Name(sample)}")];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Comes_through_whole(string name)
    {
        var sample = All().ElementAt(int.Parse(name.Split(' ')[0]));
        var read = _serializer.FromBinary(_serializer.ToBinary(sample), _serializer.Manifest(sample));
        Assert.Equal(Text(sample), Text(read));
        Assert.Equal(sample.GetType(), read.GetType());
    }

    [Fact]
    public void Every_message_type_is_listed_and_has_a_sample()
    {
        var messages = typeof(IMeshMessage).Assembly.GetTypes()
            .Where(type => typeof(IMeshMessage).IsAssignableFrom(type) && type is { IsInterface: false, IsAbstract: false })
            .ToHashSet();
        Assert.Equal(messages, WireTypes.Messages.Select(m => m.Type).ToHashSet());
        Assert.Equal(messages, All().Select(sample => sample.GetType()).ToHashSet());
        Assert.Equal(WireTypes.Messages.Length, WireTypes.Types.Count);
    }

    [Fact]
    public void Every_command_and_sighting_has_a_sample()
    {
        var inside = All().Select(Inside).OfType<object>().Select(part => part.GetType()).ToHashSet();
        foreach (var family in new[] { typeof(OrganizationCommand), typeof(DirectoryCommand), typeof(NodeEvent) })
        {
            Assert.Subset(inside, family.GetNestedTypes().ToHashSet());
        }
    }

    [Fact]
    public void An_unknown_alias_is_refused() =>
        Assert.Throws<SerializationException>(() => _serializer.FromBinary([1, 2, 3], "nothing/1"));

    [Fact]
    public void A_type_that_is_not_listed_is_refused()
    {
        Assert.Throws<SerializationException>(() => _serializer.Manifest(new Uri("http://localhost")));
        var smuggled = new Hyperion.Serializer();
        using var stream = new MemoryStream();
        smuggled.Serialize(new FileInfo("/etc/passwd").FullName.Split('/').ToList(), stream);
        Assert.Throws<SerializationException>(() => _serializer.FromBinary(stream.ToArray(), "stop/1"));
    }

    [Fact]
    public void Damaged_bytes_are_refused_and_nothing_else_happens()
    {
        var random = new Random(7302);
        foreach (var sample in All())
        {
            var bytes = _serializer.ToBinary(sample);
            for (var round = 0; round < 20; round++)
            {
                var damaged = bytes.ToArray();
                damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
                var read = Record.Exception(() => _serializer.FromBinary(damaged, _serializer.Manifest(sample)));
                Assert.True(read is null or SerializationException, read?.ToString());
            }
        }
    }

    public sealed class Fixture : IAsyncLifetime
    {
        private readonly ActorSystem _system = ActorSystem.Create("wire");

        public Fixture() => Serializer = new HyperionWireSerializer((ExtendedActorSystem)_system);

        public HyperionWireSerializer Serializer { get; }

        public Task InitializeAsync() => Task.CompletedTask;

        public Task DisposeAsync() => _system.Terminate();
    }

    private static IEnumerable<object> All()
    {
        var key = new JoinKey("k1", Hash1, true, Meta1.Time, Node1, "for all");
        var token = new AccessToken("t1", Hash1, "admin");
        OrganizationCommand[] commands =
        [
            new OrganizationCommand.Create(Some.Acme, Some.Pools),
            new OrganizationCommand.CreateJoinKey(key),
            new OrganizationCommand.CreateJoinKey(key with { ExpiresAt = null, Replaces = null }),
            new OrganizationCommand.RevokeJoinKey("k1"),
            new OrganizationCommand.CreateToken(token),
            new OrganizationCommand.RevokeToken("t1"),
            new OrganizationCommand.Join(Node1, "k1", Hash1, Key1, Hash1, "näme", ["100.64.0.9"], ["10.1.0.0/16", "fd00::/8"], Endpoints1),
            new OrganizationCommand.Join(Node1, "k1", Hash1, Key1, Hash1, "", default, default, default),
            new OrganizationCommand.Announce(Node1, "a", [], ["10.1.0.0/16"], Endpoints1),
            new OrganizationCommand.ReportEndpoints(Node1, Endpoints1),
            new OrganizationCommand.RemoveNode(Node1),
            new OrganizationCommand.Move(RegionName.Parse("us")),
            new OrganizationCommand.Settle(RegionName.Parse("us")),
        ];
        foreach (var command in commands)
        {
            yield return new ExecuteOrganization(Some.Acme, command, Meta1);
        }

        yield return Departing.Instance;
        DirectoryCommand[] wishes =
        [
            new DirectoryCommand.RegisterOrganization(Some.Acme), new DirectoryCommand.CreateToken(token), new DirectoryCommand.RevokeToken("t1"),
            new DirectoryCommand.BeginImport(Some.Acme), new DirectoryCommand.FinishImport(Some.Acme),
        ];
        foreach (var wish in wishes)
        {
            yield return new ExecuteDirectory(wish, Meta1);
        }

        NodeEvent[] sightings =
        [
            new NodeEvent.SessionOpened(Meta1.Time, "gw", "1", "192.0.2.1"), new NodeEvent.SessionClosed(Meta1.Time, 7, "ended"),
            new NodeEvent.WarningsChanged(["one", "two"]), new NodeEvent.KeySeen(Meta1.Time, Key1),
        ];
        foreach (var sighting in sightings)
        {
            yield return new NodeSeen(Some.Acme, Node1, sighting, Meta1);
        }

        var host = Prefix.Host(IPAddress.Parse("100.64.0.1"));
        yield return new CommandReply.Done(7, null);
        yield return new CommandReply.Done(7, new Node(Node1, "a", Key1, Hash1, [host], [Some.Pools.V6], [], Endpoints1, IsRemoved: true));
        yield return new CommandReply.Refused(new Refusal(RefusalCodes.PrefixOverlap, "no"));
        yield return new EntityBroken("why");
        yield return new WriteFailed("why");
        yield return new OrganizationElsewhere(OrganizationId.Parse("acme@eu"), RegionName.Parse("us"), new Refusal(RefusalCodes.OrganizationMoved, "gone"));
        yield return new SessionStarted(Some.Acme, Node1);
        yield return new GetPresence(Some.Acme);
        var presence = new NodePresence(Node1, new Presence(true, 7, Meta1.Time, "0.1.0", "192.0.2.1", ["one"]));
        yield return presence;
        yield return new PresenceAnswer([presence]);
        yield return new GetLags(Some.Acme);
        var lag = new NodeLag(Node1, Meta1.Time, IsStuck: true);
        yield return lag;
        yield return new LagsAnswer([lag]);
        yield return new Subscribe(Some.Acme, 5, 6);
        yield return new SubscribedWhole(Some.Acme, 5, "org.snapshot.v1", [1, 2, 3], 6);
        yield return new StoredEntries(Some.Acme, 5, [], 6);
        yield return new StoredEntries(Some.Acme, 5, [new StoredEntry(6, "org.created.v1", [1]), new StoredEntry(7, "x", [])], 0);
        yield return new StoredEntry(6, "org.created.v1", [1, 2]);
        yield return new ImportRows(Some.Acme, [new StoredEntry(6, "org.created.v1", [1])]);
        yield return new FinishImport(Some.Acme, 6, [1, 2]);
        yield return new ImportReply.At(6, [1, 2]);
        yield return new ImportReply.Refused(new Refusal(RefusalCodes.JournalChain, "no"));
        yield return new GetNodeActivity(Some.Acme, Node1);
        yield return new NodeActivityAnswer(
            [new NodeSession(Meta1.Time, null, "gw", "1", "r", ""), new NodeSession(Meta1.Time, Meta1.Time, "gw", "1", "r", "x")], ["w"], [Key1], 9);
        yield return NodeActivityAnswer.Of(NodeActivityState.Initial);
        yield return GetDirectory.Instance;
        yield return new DirectoryAnswer([Some.Acme, OrganizationId.Default], [new TokenState(token, IsRevoked: true)]);
        yield return new TakeUp([Some.Acme, OrganizationId.Default]);
        yield return TakenUp.Instance;
        yield return StopEntity.Instance;
    }

    private static object? Inside(object message) => message switch
    {
        ExecuteOrganization m => m.Command,
        ExecuteDirectory m => m.Command,
        NodeSeen m => m.Seen,
        _ => null,
    };

    private static string Name(object sample) => Inside(sample) is { } part ? $"{sample.GetType().Name} {part.GetType().Name}" : sample.GetType().Name;

    /// <summary>Every field in words: arrays and secrets too, which records print without their content.</summary>
    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => $"'{text}'",
        byte[] bytes => Convert.ToHexString(bytes),
        SecretHash hash => Convert.ToHexString(hash.ToBytes()),
        OrganizationId or RegionName or NodeId or PublicKey or Prefix or Endpoint or IPAddress or DateTimeOffset => $"{value.GetType().Name}:{value}",
        Enum or ValueType when value.GetType().IsPrimitive || value is Enum => value.ToString()!,
        System.Collections.IEnumerable many => $"[{string.Join("; ", many.Cast<object?>().Select(Text))}]",
        _ => $"{value.GetType().Name}({string.Join(", ", value.GetType().GetProperties().Where(p => p.GetMethod!.IsStatic == false && p.GetIndexParameters().Length == 0).Select(p => $"{p.Name}={Text(p.GetValue(value))}"))})",
    };
}
