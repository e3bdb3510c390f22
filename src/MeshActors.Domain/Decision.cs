using System.Collections.Immutable;

namespace MeshActors.Domain;

/// <summary>What an aggregate decides of a command: events to store, or a refusal that stores nothing.</summary>
public abstract record Decision<TEvent>
{
    private Decision()
    {
    }

    /// <param name="Events">Stored together or not at all; none when the command asks for what is already so.</param>
    public sealed record Accepted(ImmutableArray<TEvent> Events) : Decision<TEvent>;

    public sealed record Rejected(Refusal Reason) : Decision<TEvent>;

    /// <summary>The command asks for what is already so: an answer, and no event.</summary>
    public static readonly Decision<TEvent> Unchanged = new Accepted([]);

    public static Decision<TEvent> Accept(params ImmutableArray<TEvent> events) => new Accepted(events);

    public static Decision<TEvent> Reject(Refusal reason) => new Rejected(reason);

    public static Decision<TEvent> Reject(string code, string message) => new Rejected(new Refusal(code, message));
}
