using System.Collections.Immutable;

namespace MeshActors.Domain.Nodes;

/// <summary>A fact of one machine's life that no map needs: its sessions, its keys in time, what it warns of.</summary>
public abstract record NodeEvent
{
    private NodeEvent()
    {
    }

    public sealed record SessionOpened(DateTimeOffset At, string Gateway, string AgentVersion, string RemoteAddress) : NodeEvent;

    /// <param name="AppliedRevision">The last revision that the agent said it had applied; 0 for none.</param>
    public sealed record SessionClosed(DateTimeOffset At, long AppliedRevision, string Reason) : NodeEvent;

    public sealed record WarningsChanged(ValueList<string> Warnings) : NodeEvent;

    public sealed record KeySeen(DateTimeOffset At, PublicKey Key) : NodeEvent;
}

public sealed record NodeSession(
    DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt, string Gateway, string AgentVersion, string RemoteAddress, string Reason);

/// <param name="Sessions">Newest first, at most <see cref="NodeActivity.SessionsKept"/>.</param>
/// <param name="Keys">Oldest first; the last is the present one.</param>
public sealed record NodeActivityState(
    ImmutableList<NodeSession> Sessions, ValueList<string> Warnings, ImmutableList<PublicKey> Keys, long AppliedRevision)
{
    public static readonly NodeActivityState Initial = new([], [], [], 0);
}

/// <summary>The life of one machine. Pure.</summary>
public static class NodeActivity
{
    /// <summary>Enough to see a flapping machine; older ones stay in the journal.</summary>
    public const int SessionsKept = 20;

    /// <summary>One machine's warnings fit one screen.</summary>
    public const int WarningsMax = 32;

    /// <summary>Characters of one warning.</summary>
    public const int WarningLengthMax = 500;

    /// <summary>The events that say what was seen, if it is news.</summary>
    public static ImmutableArray<NodeEvent> Decide(NodeActivityState state, NodeEvent seen) => seen switch
    {
        NodeEvent.SessionClosed when state.Sessions is [] or [{ ClosedAt: not null }, ..] => [],
        NodeEvent.WarningsChanged e when e.Warnings == state.Warnings => [],
        NodeEvent.KeySeen e when state.Keys is [.., var last] && last == e.Key => [],
        _ => [seen],
    };

    public static NodeActivityState Evolve(NodeActivityState state, NodeEvent @event) => @event switch
    {
        NodeEvent.SessionOpened e => state with
        {
            Sessions = [.. state.Sessions
                .Insert(0, new NodeSession(e.At, null, e.Gateway, e.AgentVersion, e.RemoteAddress, ""))
                .Take(SessionsKept)],
        },
        NodeEvent.SessionClosed e when !state.Sessions.IsEmpty => state with
        {
            Sessions = state.Sessions.SetItem(0, state.Sessions[0] with { ClosedAt = e.At, Reason = e.Reason }),
            AppliedRevision = e.AppliedRevision,
        },
        NodeEvent.WarningsChanged e => state with { Warnings = e.Warnings },
        NodeEvent.KeySeen e => state with { Keys = state.Keys.Add(e.Key) },
        _ => throw new InvalidOperationException($"{@event} does not follow from the node's history."),
    };
}
