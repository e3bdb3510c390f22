using System.Net;
using System.Security.Cryptography;
using MeshActors.Controller.Gateway;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Controller.Admin;

/// <summary>The address pools that an organization starts with.</summary>
internal static class Pools
{
    private const int UlaLength = 48;

    /// <summary>A random Unique Local Address network: fd00::/8, 40 random bits, a /48 (RFC 4193 3.2).</summary>
    public static Prefix RandomV6()
    {
        var bytes = new byte[16];
        bytes[0] = 0xfd;
        RandomNumberGenerator.Fill(bytes.AsSpan(1, 5));
        return Prefix.From(new IPAddress(bytes), UlaLength);
    }

    /// <exception cref="Grpc.Core.RpcException">A text is no canonical network of its family.</exception>
    public static AddressPools Read(string v4, string v6) => new(
        v4.Length == 0 ? AddressPools.DefaultV4 : Read(v4, isV6: false, "100.64.0.0/10"),
        v6.Length == 0 ? RandomV6() : Read(v6, isV6: true, "fd00:1234:5678::/48"));

    private static Prefix Read(string text, bool isV6, string example) =>
        Prefix.TryParse(text, out var pool) && pool.IsV6 == isV6 && text.Contains('/')
            ? pool
            : throw new Refusal(RefusalCodes.PrefixMalformed,
                $"'{text}' is no canonical {(isV6 ? "IPv6" : "IPv4")} network; write a pool as {example}.").ToRpcException();
}
