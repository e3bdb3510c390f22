using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Projections;

/// <summary>What some rows of the journal, which follow a view's last, change in the view. Pure.</summary>
internal sealed class ProjectedBatch
{
    private readonly List<(IndexedEvent Event, long PeakMs)> _events = [];
    private readonly List<OrganizationEvent.NodeJoined> _joined = [];
    private readonly List<OrganizationEvent> _changes = [];
    private readonly List<(Prefix Network, string Kind, NodeId Node)> _granted = [];
    private readonly Dictionary<NodeId, ValueList<Prefix>> _announced = [];

    private ProjectedBatch(ProjectedView after) => After = after;

    /// <summary>The view with these rows in it.</summary>
    public ProjectedView After { get; private set; }

    public IReadOnlyList<(IndexedEvent Event, long PeakMs)> Events => _events;

    public IReadOnlyList<OrganizationEvent.NodeJoined> Joined => _joined;

    /// <summary>Nodes that were renamed, replaced or removed, in order.</summary>
    public IReadOnlyList<OrganizationEvent> Changes => _changes;

    /// <summary>What became somebody's for ever.</summary>
    public IReadOnlyList<(Prefix Network, string Kind, NodeId Node)> Granted => _granted;

    /// <summary>What nodes announce now in place of all that they did.</summary>
    public IReadOnlyDictionary<NodeId, ValueList<Prefix>> Announced => _announced;

    /// <exception cref="MeshUnavailableException">A row does not follow, or cannot be read.</exception>
    public static ProjectedBatch Of(ProjectedView view, IEnumerable<JournalRow> rows)
    {
        var batch = new ProjectedBatch(view);
        var chain = Chain.After(view.Revision, view.Hash);
        foreach (var row in rows)
        {
            if (chain.TryAdd(row, out var read) is { } fault)
            {
                throw new MeshUnavailableException($"The journal of organization '{view.Organization}' cannot be projected: {fault.Message}");
            }

            batch.Add(IndexedEvent.Of(row.Revision, row.Manifest, read!), read!.Event);
        }

        batch.After = batch.After with { Revision = chain.Revision, Hash = chain.LastHash.ToArray() };
        return batch;
    }

    private void Add(IndexedEvent indexed, OrganizationEvent @event)
    {
        After = After with
        {
            PeakMs = Math.Max(After.PeakMs, indexed.UnixMs),
            SetbackMs = Math.Max(After.SetbackMs, After.PeakMs - indexed.UnixMs),
        };
        _events.Add((indexed, After.PeakMs));
        switch (@event)
        {
            case OrganizationEvent.NodeJoined e:
                _joined.Add(e);
                _granted.AddRange(e.Addresses.Select(address => (address, HoldingKinds.Address, e.Node)));
                break;
            case OrganizationEvent.PrefixesAllocated e:
                _granted.AddRange(e.Prefixes.Select(prefix => (prefix, HoldingKinds.Child, e.Node)));
                break;
            case OrganizationEvent.PrefixesAnnounced e:
                _announced[e.Node] = e.Prefixes;
                break;
            case OrganizationEvent.NodeRenamed e:
                _changes.Add(e);
                break;
            case OrganizationEvent.NodeReplaced e:
                _changes.Add(e);
                _announced[e.Node] = [];
                break;
            case OrganizationEvent.NodeRemoved e:
                _changes.Add(e);
                _announced[e.Node] = [];
                break;
            default:
                // Changes no node, or nothing of it that is searched for.
                break;
        }
    }
}
