using MeshActors.Domain.Organizations;

namespace MeshActors.Domain.Ipam;

/// <summary>An organization's address space: its pools, and who holds which address and child prefix.</summary>
public sealed record AddressPlan
{
    /// <summary>Of an organization that does not exist.</summary>
    public static readonly AddressPlan None = new(new AddressPools(default, default), PrefixTrie.Empty, PrefixTrie.Empty);

    private readonly PrefixTrie _v4;
    private readonly PrefixTrie _v6;

    private AddressPlan(AddressPools pools, PrefixTrie v4, PrefixTrie v6)
    {
        Pools = pools;
        _v4 = v4;
        _v6 = v6;
    }

    public AddressPools Pools { get; }

    /// <remarks>
    /// A pool's first address names the network (in v6 the Subnet-Router anycast address, RFC 4291 2.6.1), the last of v4
    /// is its broadcast address: nobody gets them.
    /// </remarks>
    public static AddressPlan For(AddressPools pools) => Of(pools, []);

    /// <summary>With all that nodes hold.</summary>
    /// <exception cref="InvalidOperationException">Two nodes hold a part of the same.</exception>
    public static AddressPlan Of(AddressPools pools, IEnumerable<(Prefix Prefix, NodeId Holder)> held)
    {
        var nobody = default(NodeId);
        (Prefix, NodeId)[] v4 = [(First(pools.V4), nobody), (Prefix.From(Last(pools.V4), 32), nobody)];
        return new AddressPlan(
            pools,
            PrefixTrie.Of(held.Where(entry => !entry.Prefix.IsV6).Concat(v4)),
            PrefixTrie.Of(held.Where(entry => entry.Prefix.IsV6).Append((First(pools.V6), nobody))));
    }

    public Prefix PoolOf(bool isV6) => isV6 ? Pools.V6 : Pools.V4;

    /// <summary>What another than this node holds of the prefix, or null when it is free for it.</summary>
    public (Prefix Prefix, NodeId Holder)? FindConflict(Prefix prefix, NodeId node) => Trie(prefix.IsV6).FindConflict(prefix, node);

    /// <summary>Who holds the address or the network, or a part of it.</summary>
    public (Prefix Prefix, NodeId Holder)? FindHolder(Prefix prefix) => Trie(prefix.IsV6).FindOverlap(prefix);

    /// <summary>The lowest free address of the family's pool, or null when it is exhausted.</summary>
    public Prefix? LowestFree(bool isV6) => Trie(isV6).LowestFree(PoolOf(isV6));

    /// <exception cref="InvalidOperationException">Another node holds a part of it.</exception>
    public AddressPlan Assign(Prefix prefix, NodeId node) => prefix.IsV6
        ? new AddressPlan(Pools, _v4, _v6.Assign(prefix, node))
        : new AddressPlan(Pools, _v4.Assign(prefix, node), _v6);

    private PrefixTrie Trie(bool isV6) => isV6 ? _v6 : _v4;

    private static Prefix First(Prefix pool) => new(pool.IsV6, pool.Bits, pool.AddressBits);

    private static System.Net.IPAddress Last(Prefix pool) =>
        new Prefix(pool.IsV6, pool.Bits | (~Prefix.Mask(pool.Length) & Prefix.Mask(pool.AddressBits)), pool.AddressBits).Address;
}
