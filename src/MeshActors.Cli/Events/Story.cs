using MeshActors.Cli.Output;
using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;
using Event = MeshActors.Domain.Organizations.OrganizationEvent;

namespace MeshActors.Cli.Events;

/// <summary>The life of a network, an address or a machine, in sentences: who did what to it, when, and by which request.</summary>
internal sealed class Story
{
    private readonly Prefix? _network;
    private readonly HashSet<NodeId> _nodes = [];
    private readonly string? _name;

    private Story(Prefix? network, string? name)
    {
        _network = network;
        _name = name;
    }

    public List<ChapterDocument> Chapters { get; } = [];

    /// <param name="text">An address, a network, or a node's id or name.</param>
    public static Story About(string text)
    {
        if (NodeId.TryParse(text, out var id))
        {
            var story = new Story(null, null);
            story._nodes.Add(id);
            return story;
        }

        return Prefix.TryParse(text, out var network) ? new Story(network, null) : new Story(null, text);
    }

    public void Add(Step step)
    {
        var @event = step.Read.Event;
        Follow(step);
        if (Sentence(step, @event) is { } sentence)
        {
            var by = step.Read.Meta.Principal;
            Chapters.Add(new ChapterDocument(
                step.Row.Revision, Moments.Iso(step.Read.Meta.Time), step.Row.Manifest,
                new PrincipalDocument(EventFacts.KindOf(by), by.Id, by.Name), step.Read.Meta.RequestId, sentence));
        }
    }

    /// <summary>Who comes to hold a part of the network, or gets the name, belongs to the story from then on.</summary>
    private void Follow(Step step)
    {
        var @event = step.Read.Event;
        if (Touched.Node(@event) is not { } node)
        {
            return;
        }

        var holds = _network is { } network && @event is Event.NodeJoined or Event.PrefixesAllocated
            && Touched.Networks(@event).Any(named => named.Overlaps(_network!.Value));
        if (holds || (_name is not null && step.After.Nodes.GetValueOrDefault(node)?.Name == _name))
        {
            _nodes.Add(node);
        }
    }

    private string? Sentence(Step step, Event @event) => @event switch
    {
        Event.Created e when _network is { } n && (e.Pools.V4.Overlaps(n) || e.Pools.V6.Overlaps(n)) =>
            $"Organization '{e.Organization}' was created; it gives its nodes addresses from {e.Pools.V4} and {e.Pools.V6}.",
        _ when Touched.Node(@event) is not { } node || !_nodes.Contains(node) => null,
        Event.JoinKeyCreated e when _network is null => $"A key was made with which another machine may take the place of {Name(step.Before, e.Key.Replaces!.Value)}: join key {e.Key.Id}.",
        Event.NodeJoined e => $"{Name(step.After, e.Node)} joined with join key {e.JoinKeyId} and got {Addresses(e.Addresses)} for ever.",
        Event.PrefixesAllocated e when Concerns(e.Prefixes) => $"{e.Prefixes} became {Name(step.After, e.Node)}'s for ever.",
        Event.PrefixesAnnounced e => Announced(step, e),
        Event.NodeReplaced e => $"Another machine or key took the place of {Name(step.Before, e.Node)}, with join key {e.JoinKeyId}; it is called '{e.Name}' and keeps {Holdings(step.After.Nodes[e.Node])}.",
        Event.CredentialChanged e when _network is null => $"{Name(step.After, e.Node)} got a new credential, with join key {e.JoinKeyId}.",
        Event.NodeRenamed e => $"{Name(step.Before, e.Node)} was renamed to '{e.Name}'.",
        Event.EndpointsChanged e when _network is null => $"{Name(step.After, e.Node)} is reached at {(e.Endpoints.Count > 0 ? string.Join(", ", e.Endpoints.Select(EventFacts.ToText)) : "no known place")}.",
        Event.NodeRemoved e => $"{Name(step.Before, e.Node)} was removed: nobody reaches it from then on. {Holdings(step.After.Nodes[e.Node])} stay reserved for it.",
        _ => null,
    };

    private string? Announced(Step step, Event.PrefixesAnnounced e)
    {
        var was = step.Before.Nodes[e.Node].Announced;
        var (begun, ended) = (Relevant(e.Prefixes.Except(was)), Relevant(was.Except(e.Prefixes)));
        var peers = step.After.ActiveNodes - 1;
        string[] sentences =
        [
            .. begun.Count > 0 ? [$"{Name(step.After, e.Node)} announced {begun}: the other {peers} nodes could send to it from then on."] : Array.Empty<string>(),
            .. ended.Count > 0 ? [$"{Name(step.After, e.Node)} announced {ended} no more: nobody could send to it, and it stayed its own."] : Array.Empty<string>(),
        ];
        return sentences.Length > 0 ? string.Join(" ", sentences) : null;
    }

    private ValueList<Prefix> Relevant(IEnumerable<Prefix> prefixes) =>
        prefixes.Where(prefix => _network is not { } network || prefix.Overlaps(network)).ToValueList();

    private bool Concerns(ValueList<Prefix> prefixes) => Relevant(prefixes).Count > 0;

    private static string Holdings(Node node) => Addresses(node.Addresses.Concat(node.Allocated));

    private static string Addresses(IEnumerable<Prefix> prefixes) =>
        string.Join(", ", prefixes.Select(prefix => prefix.IsHost ? prefix.Address.ToString() : prefix.ToString()));

    private static string Name(OrganizationState state, NodeId id) =>
        state.Nodes.TryGetValue(id, out var node) ? $"node '{node.Name}' ({id})" : $"node {id}";
}
