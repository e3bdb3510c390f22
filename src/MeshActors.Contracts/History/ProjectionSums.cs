using System.IO.Hashing;
using System.Text;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Contracts.History;

/// <summary>
/// What a projection holds, as numbers that are equal for equal contents alone, whatever the order in which a database
/// gives its rows: each row has one canonical line, and the hashes of the lines are added up. Events are added up by
/// stretches of revisions, so that a difference has a place.
/// </summary>
/// <remarks>
/// They find what was lost, doubled or changed by accident. Who answers for a projection could say the right sums of any,
/// so that a hash which resists forgery (as the journal's own) would cost much and prove nothing: this is XXH128.
/// </remarks>
/// <param name="line">Gets each canonical line; null: nobody.</param>
public sealed class ProjectionSums(Action<string>? line = null)
{
    /// <summary>
    /// Of the answer to GetProjection: the revision that sums of this kind will have, told as they are begun, so that a
    /// replay up to it can go on meanwhile.
    /// </summary>
    public const string RevisionHeader = "mesh-projection-xxh128";

    /// <summary>Revisions of one sum: a million events are 62 numbers.</summary>
    public const int StretchRevisions = 16_384;

    /// <summary>A revision beyond this is none: whoever wrote it must not make this grow.</summary>
    private const int StretchesMax = 1_000_000;

    /// <summary>Nearly every line: names are short.</summary>
    private const int LineBytesUsual = 1_024;

    private readonly List<UInt128> _stretches = [];

    /// <summary>Of the events of revisions 1 to 16,384, and so on.</summary>
    public IReadOnlyList<UInt128> Stretches => _stretches;

    /// <summary>Of nodes, and of who holds and announces what.</summary>
    public UInt128 Holders { get; private set; }

    /// <summary>The event and the networks that it names.</summary>
    public void Add(IndexedEvent e)
    {
        AddEvent(e);
        foreach (var network in e.Networks.Distinct())
        {
            AddNetwork(e.Revision, network);
        }
    }

    /// <summary>The event without the networks that it names.</summary>
    public void AddEvent(IndexedEvent e) => AddAt(
        e.Revision, $"event {e.Revision} {e.UnixMs} {e.Type} {e.PrincipalKind}\t{e.PrincipalId}\t{e.PrincipalName}\t{e.Node}");

    public void AddNetwork(long revision, Prefix network) => AddAt(revision, $"network {revision} {network}");

    public void AddNode(NodeId node, string name, string publicKey, bool isRemoved) => Holders += Hash($"node {node} {publicKey} {isRemoved}\t{name}");

    public void AddHolding(Prefix network, string kind, NodeId node) => Holders += Hash($"{kind} {network} {node}");

    /// <summary>Nodes and holdings as the organization has them.</summary>
    public void Add(OrganizationState state)
    {
        foreach (var node in state.Nodes.Values)
        {
            AddNode(node.Id, node.Name, node.Key.ToString(), node.IsRemoved);
            AddHoldings(node.Id, HoldingKinds.Address, node.Addresses);
            AddHoldings(node.Id, HoldingKinds.Child, node.Allocated);
            AddHoldings(node.Id, HoldingKinds.Announced, node.Announced);
        }
    }

    private void AddHoldings(NodeId node, string kind, ValueList<Prefix> networks)
    {
        foreach (var network in networks)
        {
            AddHolding(network, kind, node);
        }
    }

    private void AddAt(long revision, string text)
    {
        var stretch = (revision - 1) / StretchRevisions;
        ArgumentOutOfRangeException.ThrowIfNegative(stretch, nameof(revision));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stretch, StretchesMax, nameof(revision));
        while (_stretches.Count <= stretch)
        {
            _stretches.Add(0);
        }

        _stretches[(int)stretch] += Hash(text);
    }

    private UInt128 Hash(string text)
    {
        line?.Invoke(text);
        Span<byte> usual = stackalloc byte[LineBytesUsual];
        return XxHash128.HashToUInt128(Encoding.UTF8.TryGetBytes(text, usual, out var length) ? usual[..length] : Encoding.UTF8.GetBytes(text));
    }
}

/// <summary>In which way a network is a node's.</summary>
public static class HoldingKinds
{
    /// <summary>The node's own address, for ever.</summary>
    public const string Address = "address";

    /// <summary>A child prefix, allocated for ever.</summary>
    public const string Child = "child";

    /// <summary>What its peers route to it now.</summary>
    public const string Announced = "announced";
}
