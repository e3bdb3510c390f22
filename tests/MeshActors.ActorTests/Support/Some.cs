using System.Net;
using System.Security.Cryptography;
using MeshActors.Cluster;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.ActorTests.Support;

/// <summary>Commands and values as a gateway makes them.</summary>
internal static class Some
{
    public static readonly OrganizationId Acme = OrganizationId.Parse("acme");

    public static readonly AddressPools Pools = new(AddressPools.DefaultV4, Prefix.From(IPAddress.Parse("fd12:3456:789a::"), 48));

    public static readonly SecretHash JoinSecret = SecretHash.Of("join");

    public static Meta Meta(int minute = 0) => new(
        new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero).AddMinutes(minute), Principal.System, "test");

    public static NodeId NodeId() => new(Guid.CreateVersion7());

    public static PublicKey Key() => new(RandomNumberGenerator.GetBytes(PublicKey.SizeBytes));

    public static OrganizationCommand.Join Join(string name, params string[] prefixes) => new(
        NodeId(), "k1", JoinSecret, Key(), SecretHash.Of(name), name, [], prefixes.ToValueList(),
        [new Endpoint(EndpointKind.Local, IPAddress.Parse("192.0.2.7"), 51820)]);

    public static async Task<CommandReply.Done> DoneAsync(this IMesh mesh, OrganizationCommand command, OrganizationId? organization = null) =>
        Assert.IsType<CommandReply.Done>(await mesh.ExecuteAsync(organization ?? Acme, command, Meta(), default));

    public static async Task<Refusal> RefusedAsync(this IMesh mesh, OrganizationCommand command, OrganizationId? organization = null) =>
        Assert.IsType<CommandReply.Refused>(await mesh.ExecuteAsync(organization ?? Acme, command, Meta(), default)).Reason;

    /// <summary>An organization with a reusable join key.</summary>
    public static async Task FoundAsync(this IMesh mesh, OrganizationId? organization = null)
    {
        var id = organization ?? Acme;
        await mesh.DoneAsync(new OrganizationCommand.Create(id, Pools), id);
        await mesh.DoneAsync(new OrganizationCommand.CreateJoinKey(new JoinKey("k1", JoinSecret, Reusable: true, null, null, "")), id);
    }

    public static Task<Node> JoinedAsync(this IMesh mesh, string name, params string[] prefixes) => mesh.JoinedAsync(Acme, name, prefixes);

    public static async Task<Node> JoinedAsync(this IMesh mesh, OrganizationId organization, string name, params string[] prefixes) =>
        (await mesh.DoneAsync(Join(name, prefixes), organization)).Node!;

    public static FollowRequest Follow(OrganizationId organization, Node node, long have = 0, UInt128 digest = default) => new(
        organization, node.Id, SecretHash.Of(node.Name), have, digest, "0.1.0", "192.0.2.7", AcceptsPacked: false);
}
