using MeshActors.Domain.Organizations;

namespace MeshActors.Domain.Ipam;

/// <summary>What an organization's pools must be.</summary>
public static class PoolRules
{
    private const int V4LengthMin = 8;
    private const int V4LengthMax = 30;
    private const int V6LengthMin = 32;
    private const int V6LengthMax = 120;

    public static Refusal? Check(AddressPools pools) =>
        Check(pools.V4, isV6: false, V4LengthMin, V4LengthMax) ?? Check(pools.V6, isV6: true, V6LengthMin, V6LengthMax);

    private static Refusal? Check(Prefix pool, bool isV6, int shortest, int longest) =>
        pool.IsV6 != isV6 || pool.Length < shortest || pool.Length > longest
            ? new Refusal(RefusalCodes.PrefixReserved,
                $"{pool} cannot be a pool: it must be an {(isV6 ? "IPv6" : "IPv4")} network of /{shortest} to /{longest}.")
            : ChildPrefixRules.Check(pool.ToString(), out _);
}
