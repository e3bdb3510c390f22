using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;
using Node = MeshActors.Domain.Organizations.Node;

namespace MeshActors.Benchmarks;

/// <summary>
/// What happens to an organization over years, from a seed: machines join, move, announce other networks, are renamed,
/// removed and replaced, and get new keys. Commands alone: who runs them decides by the real rules.
/// </summary>
internal sealed class Workload(int seed, int nodes)
{
    /// <summary>Each takes one of the organization's join keys, of which there are 20,000 at most.</summary>
    private const int ReplacementsMax = 9_000;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SecretHash Secret = SecretHash.Of("benchmark");

    private readonly Random _random = new(seed);
    private readonly Queue<OrganizationCommand> _due = new();
    private int _joined;
    private int _replaced;
    private long _milliseconds;

    public static readonly OrganizationId Organization = OrganizationId.Parse("acme");

    public static OrganizationCommand[] Beginning => BeginningOf(Organization);

    public static OrganizationCommand[] BeginningOf(OrganizationId organization) =>
    [
        new OrganizationCommand.Create(organization, new AddressPools(AddressPools.DefaultV4, Prefix.From(IPAddress.Parse("fd12:3456:789a::"), 48))),
        new OrganizationCommand.CreateJoinKey(new JoinKey("k1", Secret, Reusable: true, null, null, "for all")),
        new OrganizationCommand.CreateToken(new AccessToken("t1", Secret, "ops")),
    ];

    /// <summary>The next wish, for the state that the wishes before it made.</summary>
    public OrganizationCommand Next(OrganizationState state) =>
        _due.TryDequeue(out var due) ? due
        : _joined < nodes ? Join(_joined++)
        : Change(state);

    /// <summary>Who makes the wish, some seconds after the one before.</summary>
    public Meta MetaOf(OrganizationCommand command)
    {
        _milliseconds += _random.Next(1, 30_000);
        var principal = command switch
        {
            OrganizationCommand.Join c => new Principal(PrincipalKind.JoinKey, c.JoinKeyId, "for all"),
            OrganizationCommand.Announce c => new Principal(PrincipalKind.Node, c.Node.ToString(), c.Name),
            OrganizationCommand.ReportEndpoints c => new Principal(PrincipalKind.Node, c.Node.ToString(), "node"),
            _ => new Principal(PrincipalKind.Token, "t1", "ops"),
        };
        return new Meta(Start.AddMilliseconds(_milliseconds), principal, $"r-{_milliseconds:x}");
    }

    private OrganizationCommand Change(OrganizationState state)
    {
        var number = _random.Next(nodes);
        while (_replaced == ReplacementsMax && state.Nodes[Id(number)].IsRemoved)
        {
            number = (number + 1) % nodes;
        }

        var node = state.Nodes[Id(number)];
        if (node.IsRemoved)
        {
            return Replace(number, node);
        }

        return _random.Next(100) switch
        {
            < 60 => new OrganizationCommand.ReportEndpoints(node.Id, Endpoints()),
            < 92 => new OrganizationCommand.Announce(node.Id, node.Name, [], Prefixes(number), node.Endpoints),
            < 95 => new OrganizationCommand.Announce(node.Id, Name(number), [], Announced(node), node.Endpoints),
            < 98 => Rejoin(node),
            _ when _replaced < ReplacementsMax => new OrganizationCommand.RemoveNode(node.Id),
            _ => new OrganizationCommand.ReportEndpoints(node.Id, Endpoints()),
        };
    }

    private OrganizationCommand.Join Join(int number) => new(
        Id(number), "k1", Secret, Key($"{number}"), Credential(), Name(number), [], Prefixes(number), Endpoints());

    /// <summary>The same machine with the same key, which lost its credential.</summary>
    private OrganizationCommand.Join Rejoin(Node node) => new(
        node.Id, "k1", Secret, node.Key, Credential(), node.Name, [], Announced(node), node.Endpoints);

    /// <summary>A key for the place of a removed machine, and then another machine.</summary>
    private OrganizationCommand.CreateJoinKey Replace(int number, Node node)
    {
        var key = new JoinKey($"r{_replaced++}", Secret, Reusable: false, null, node.Id, $"replaces {node.Name}");
        _due.Enqueue(new OrganizationCommand.Join(
            node.Id, key.Id, Secret, Key($"{number} again {_replaced}"), Credential(), Name(number), [], Prefixes(number), Endpoints()));
        return new OrganizationCommand.CreateJoinKey(key);
    }

    /// <summary>Some of the node's own networks: four of IPv4, and one of IPv6 now and then.</summary>
    private ValueList<string> Prefixes(int number)
    {
        var v4 = Enumerable.Range(0, 4).Where(_ => _random.Next(2) == 0)
            .Select(part => string.Create(CultureInfo.InvariantCulture, $"10.{number / 256}.{number % 256}.{64 * part}/26"));
        return (_random.Next(4) == 0 ? v4.Append(string.Create(CultureInfo.InvariantCulture, $"fd77:0:{number:x}::/48")) : v4).ToValueList();
    }

    private static ValueList<string> Announced(Node node) => node.Announced.Select(prefix => prefix.ToString()).ToValueList();

    private ValueList<Endpoint> Endpoints()
    {
        var port = (ushort)_random.Next(1024, 65_536);
        return
        [
            new Endpoint(EndpointKind.Local, new IPAddress([192, 168, (byte)_random.Next(256), (byte)_random.Next(1, 255)]), 51820),
            new Endpoint(EndpointKind.Observed, new IPAddress([203, 0, 113, (byte)_random.Next(1, 255)]), port),
        ];
    }

    private string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"node{number}-{_random.Next(100)}");

    private SecretHash Credential()
    {
        Span<byte> bytes = stackalloc byte[SecretHash.SizeBytes];
        _random.NextBytes(bytes);
        return new SecretHash(bytes);
    }

    private static PublicKey Key(string of) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"key {of}")));

    private static NodeId Id(int number) => new(new Guid(number + 1, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0));
}
