using System.Net;
using System.Security.Cryptography;
using System.Text;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.UnitTests.Domain;

/// <summary>An organization with a history, for sentences: given, when, then.</summary>
internal sealed class Given
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly AddressPools Pools = new(Net("100.64.0.0/10"), Net("fd12:3456:789a::/48"));
    public static readonly JoinKey ReusableKey = new("k1", Hash("k1"), Reusable: true, null, null, "");

    private Given(OrganizationState state) => State = state;

    public OrganizationState State { get; private set; }

    public static Given Nothing() => new(OrganizationState.Initial);

    public static Given Organization(AddressPools? pools = null) => Nothing()
        .Done(new OrganizationCommand.Create(OrganizationId.Default, pools ?? Pools))
        .Done(new OrganizationCommand.CreateJoinKey(ReusableKey));

    /// <summary>The command is accepted, and its events are applied.</summary>
    public Given Done(OrganizationCommand command)
    {
        foreach (var e in Events(command))
        {
            State = MeshActors.Domain.Organizations.Organization.Evolve(State, e);
        }

        return this;
    }

    public IReadOnlyList<OrganizationEvent> Events(OrganizationCommand command) => Decide(command) switch
    {
        Decision<OrganizationEvent>.Accepted accepted => accepted.Events,
        var other => throw new Xunit.Sdk.XunitException($"{command} was refused: {other}"),
    };

    public Refusal Refusal(OrganizationCommand command) => Decide(command) switch
    {
        Decision<OrganizationEvent>.Rejected rejected => rejected.Reason,
        var other => throw new Xunit.Sdk.XunitException($"{command} was accepted: {other}"),
    };

    public Given Refused(string code, OrganizationCommand command)
    {
        Assert.Equal(code, Refusal(command).Code);
        return this;
    }

    public static OrganizationCommand.Join Join(int machine, params string[] prefixes) => new(
        Id(machine), ReusableKey.Id, ReusableKey.Hash, Key(machine), Hash($"credential {machine}"), $"node{machine}", [], prefixes.ToValueList(), []);

    public static OrganizationCommand.Announce Announce(int machine, params string[] prefixes) =>
        new(Id(machine), $"node{machine}", [], prefixes.ToValueList(), []);

    public Node Node(int machine) => State.Nodes[Id(machine)];

    public static NodeId Id(int machine) => new(new Guid(machine, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0));

    public static PublicKey Key(int machine) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"key {machine}")));

    public static SecretHash Hash(string secret) => SecretHash.Of(secret);

    public static Prefix Net(string text) => Prefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);

    public static Endpoint Local(string address, ushort port = 51820) => new(EndpointKind.Local, IPAddress.Parse(address), port);

    private Decision<OrganizationEvent> Decide(OrganizationCommand command) =>
        MeshActors.Domain.Organizations.Organization.Decide(State, command, Noon);
}
