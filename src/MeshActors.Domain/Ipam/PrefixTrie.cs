namespace MeshActors.Domain.Ipam;

/// <summary>
/// Who holds which part of one address family: an immutable radix tree of prefixes that do not overlap. Every operation
/// costs O(address bits), however many prefixes are held; a change shares all but its path with the tree before it.
/// </summary>
public sealed class PrefixTrie
{
    public static readonly PrefixTrie Empty = new(null);

    private readonly Tree? _root;

    private PrefixTrie(Tree? root) => _root = root;

    /// <summary>All of one family at once: the tree that assigning one after the other makes, in a fraction of the time.</summary>
    /// <exception cref="InvalidOperationException">Two holders have a part in common.</exception>
    public static PrefixTrie Of(IEnumerable<(Prefix Prefix, NodeId Holder)> held)
    {
        var leaves = held.Select(entry => new Leaf(entry.Prefix.Bits, entry.Prefix.Length, entry.Holder)).ToArray();
        Array.Sort(Array.ConvertAll(leaves, leaf => new Place(leaf.Bits, leaf.Length)), leaves);
        var count = 0;
        foreach (var leaf in leaves)
        {
            if (count == 0 || !Overlaps(leaves[count - 1], leaf.Bits, leaf.Length))
            {
                leaves[count++] = leaf;
            }
            else if (leaves[count - 1].Holder != leaf.Holder)
            {
                throw Conflict(leaf);
            }
        }

        return count == 0 ? Empty : new PrefixTrie(Build(leaves.AsSpan(0, count)));
    }

    /// <summary>A held prefix that shares an address with this one: it, one around it, or the first within it.</summary>
    public (Prefix Prefix, NodeId Holder)? FindOverlap(Prefix prefix)
    {
        var leaf = FindOverlap(_root, prefix.Bits, prefix.Length);
        return leaf is null ? null : (new Prefix(prefix.IsV6, leaf.Bits, leaf.Length), leaf.Holder);
    }

    /// <summary>A held prefix of another holder that shares an address with this one.</summary>
    /// <remarks>Looks through the holder's own prefixes within this one: bounded by how many a node may hold.</remarks>
    public (Prefix Prefix, NodeId Holder)? FindConflict(Prefix prefix, NodeId holder)
    {
        var leaf = FindConflict(_root, prefix.Bits, prefix.Length, holder);
        return leaf is null ? null : (new Prefix(prefix.IsV6, leaf.Bits, leaf.Length), leaf.Holder);
    }

    /// <summary>Gives the prefix to the holder. What the holder has around it or within it becomes one with it.</summary>
    /// <exception cref="InvalidOperationException">Another holds a part of it.</exception>
    public PrefixTrie Assign(Prefix prefix, NodeId holder) => new(Insert(_root, new Leaf(prefix.Bits, prefix.Length, holder)));

    /// <summary>The lowest address of the network that nobody holds, or null when it is full.</summary>
    public Prefix? LowestFree(Prefix network)
    {
        var tree = _root;
        while (tree is Branch branch && branch.Length < network.Length && Covers(branch, network.Bits))
        {
            tree = IsRight(network.Bits, branch.Length) ? branch.Right : branch.Left;
        }

        if (tree is not null && tree.Length < network.Length && Covers(tree, network.Bits))
        {
            return null;
        }

        var within = tree is not null && (tree.Bits & Prefix.Mask(network.Length)) == network.Bits ? tree : null;
        var free = LowestFree(within, network.Bits, network.Length);
        return free is { } bits ? new Prefix(network.IsV6, bits, network.AddressBits) : null;
    }

    private static Leaf? FindOverlap(Tree? tree, UInt128 bits, int length)
    {
        while (tree is Branch branch && branch.Length < length)
        {
            if (!Covers(branch, bits))
            {
                return null;
            }

            tree = IsRight(bits, branch.Length) ? branch.Right : branch.Left;
        }

        return tree is not null && Overlaps(tree, bits, length) ? FirstLeaf(tree) : null;
    }

    private static Leaf? FindConflict(Tree? tree, UInt128 bits, int length, NodeId holder)
    {
        while (tree is Branch branch && branch.Length < length)
        {
            if (!Covers(branch, bits))
            {
                return null;
            }

            tree = IsRight(bits, branch.Length) ? branch.Right : branch.Left;
        }

        return tree is not null && Overlaps(tree, bits, length) ? FindForeign(tree, holder) : null;
    }

    private static Leaf? FindForeign(Tree tree, NodeId holder) => tree switch
    {
        Leaf leaf => leaf.Holder == holder ? null : leaf,
        Branch branch => FindForeign(branch.Left, holder) ?? FindForeign(branch.Right, holder),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Tree Insert(Tree? tree, Leaf leaf)
    {
        if (tree is null)
        {
            return leaf;
        }

        var common = Math.Min(CommonLength(tree.Bits, leaf.Bits), Math.Min(tree.Length, leaf.Length));
        if (common == leaf.Length)
        {
            return FindConflict(tree, leaf.Bits, leaf.Length, leaf.Holder) is null ? leaf : throw Conflict(leaf);
        }

        if (common < tree.Length)
        {
            return IsRight(leaf.Bits, common) ? new Branch(common, tree, leaf) : new Branch(common, leaf, tree);
        }

        return tree switch
        {
            Leaf around => around.Holder == leaf.Holder ? around : throw Conflict(leaf),
            Branch branch when IsRight(leaf.Bits, branch.Length) => new Branch(branch.Length, branch.Left, Insert(branch.Right, leaf)),
            Branch branch => new Branch(branch.Length, Insert(branch.Left, leaf), branch.Right),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <param name="leaves">Sorted, and none within another.</param>
    private static Tree Build(ReadOnlySpan<Leaf> leaves)
    {
        if (leaves.Length == 1)
        {
            return leaves[0];
        }

        var common = CommonLength(leaves[0].Bits, leaves[^1].Bits);
        var (left, right) = (0, leaves.Length);
        while (left < right)
        {
            var middle = (left + right) / 2;
            (left, right) = IsRight(leaves[middle].Bits, common) ? (left, middle) : (middle + 1, right);
        }

        return new Branch(common, Build(leaves[..left]), Build(leaves[left..]));
    }

    private static UInt128? LowestFree(Tree? tree, UInt128 start, int length)
    {
        while (true)
        {
            if (tree is null || tree.Bits != start)
            {
                return start;
            }

            if (tree.IsFull)
            {
                return tree.Length == length ? null : start + Size(tree.Length);
            }

            var branch = (Branch)tree;
            length = branch.Length + 1;
            var leftIsFull = branch.Left.IsFull && branch.Left.Length == length;
            tree = leftIsFull ? branch.Right : branch.Left;
            start = leftIsFull ? branch.Bits + Size(length) : branch.Bits;
        }
    }

    private static Leaf FirstLeaf(Tree tree)
    {
        while (tree is Branch branch)
        {
            tree = branch.Left;
        }

        return (Leaf)tree;
    }

    private static InvalidOperationException Conflict(Leaf leaf) =>
        new($"Node {leaf.Holder} was given a network of length {leaf.Length} that another node holds.");

    private static bool Covers(Tree tree, UInt128 bits) => (bits & Prefix.Mask(tree.Length)) == tree.Bits;

    private static bool Overlaps(Tree tree, UInt128 bits, int length)
    {
        var mask = Prefix.Mask(Math.Min(tree.Length, length));
        return (tree.Bits & mask) == (bits & mask);
    }

    private static bool IsRight(UInt128 bits, int length) => (bits & (UInt128.One << (127 - length))) != 0;

    private static int CommonLength(UInt128 a, UInt128 b) => (int)UInt128.LeadingZeroCount(a ^ b);

    private static UInt128 Size(int length) => UInt128.One << (128 - length);

    private abstract class Tree(UInt128 bits, int length, bool isFull)
    {
        public UInt128 Bits { get; } = bits;

        public byte Length { get; } = (byte)length;

        /// <summary>No address of this network is free.</summary>
        public bool IsFull { get; } = isFull;
    }

    private sealed class Leaf(UInt128 bits, int length, NodeId holder) : Tree(bits, length, isFull: true)
    {
        public NodeId Holder { get; } = holder;
    }

    /// <summary>What lies around another comes right before it.</summary>
    private readonly record struct Place(UInt128 Bits, int Length) : IComparable<Place>
    {
        public int CompareTo(Place other) => Bits != other.Bits ? Bits.CompareTo(other.Bits) : Length.CompareTo(other.Length);
    }

    private sealed class Branch(int length, Tree left, Tree right) : Tree(
        left.Bits & Prefix.Mask(length),
        length,
        left.IsFull && right.IsFull && left.Length == length + 1 && right.Length == length + 1)
    {
        public Tree Left { get; } = left;

        public Tree Right { get; } = right;
    }
}
