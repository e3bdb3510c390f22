using System.Net;

namespace MeshActors.Domain.Ipam;

/// <summary>What a child prefix must be before anyone is asked whether it is free.</summary>
public static class ChildPrefixRules
{
    private static readonly (string Network, string Name)[] ReservedNetworks =
    [
        ("0.0.0.0/8", "the unspecified network (RFC 1122)"),
        ("127.0.0.0/8", "loopback (RFC 1122)"),
        ("169.254.0.0/16", "link-local (RFC 3927)"),
        ("224.0.0.0/4", "multicast (RFC 5771)"),
        ("240.0.0.0/4", "reserved (RFC 1112)"),
        ("::/96", "unspecified and loopback (RFC 4291)"),
        ("::ffff:0.0.0.0/96", "IPv4-mapped (RFC 4291)"),
        ("fe80::/10", "link-local (RFC 4291)"),
        ("ff00::/8", "multicast (RFC 4291)"),
    ];

    private static readonly (Prefix Network, string Name)[] Reserved =
        [.. ReservedNetworks.Select(r => (Network(r.Network), r.Name))];

    /// <summary>Reads and checks the text alone; null when it is a prefix that some node may hold.</summary>
    public static Refusal? Check(string text, out Prefix prefix)
    {
        if (!text.Contains('/') || !Prefix.TryParse(text, out var address, out var length, out prefix))
        {
            prefix = default;
            return new Refusal(RefusalCodes.PrefixMalformed,
                $"'{Shorten(text)}' is no network in CIDR notation; write it as 172.24.0.0/24 or fd00:24::/64, a single address with /32 or /128.");
        }

        if (!Prefix.Host(address).Address.Equals(prefix.Address))
        {
            return new Refusal(RefusalCodes.PrefixHostBits,
                $"{address}/{length} has bits set beyond its length; the network is {prefix}, the single address {Prefix.Host(address)}.");
        }

        return CheckReserved(prefix);
    }

    /// <summary>Null when it is a network that some node may hold.</summary>
    public static Refusal? CheckReserved(Prefix prefix)
    {
        if (prefix.Length == 0)
        {
            return new Refusal(RefusalCodes.PrefixReserved,
                $"{prefix} is the default route, and a mesh carries only its own networks; name the networks behind this node.");
        }

        foreach (var (network, name) in Reserved)
        {
            if (network.Overlaps(prefix))
            {
                return new Refusal(RefusalCodes.PrefixReserved,
                    $"{prefix} overlaps {network}, {name}, which is never routed to a node; choose a network of your own.");
            }
        }

        return null;
    }

    private static Prefix Network(string text)
    {
        var slash = text.IndexOf('/');
        return Prefix.From(IPAddress.Parse(text[..slash]), int.Parse(text[(slash + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "...";
}
