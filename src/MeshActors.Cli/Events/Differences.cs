using MeshActors.Cli.Output;
using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cli.Events;

/// <summary>What is different between two moments of an organization, sorted. Pure.</summary>
internal static class Differences
{
    public static IEnumerable<DifferenceDocument> Between(OrganizationState before, OrganizationState after) =>
        [
            .. Nodes(before, after),
            .. Things("join-key", before.JoinKeys.Values, after.JoinKeys.Values, key => key.Key.Id, key => key.Key.Description, StateOf),
            .. Things("token", before.Tokens.Values, after.Tokens.Values, token => token.Token.Id, token => token.Token.Name, StateOf),
        ];

    public static string StateOf(JoinKeyState key) =>
        key.IsRevoked ? "revoked" : key.SpentBy is { } node ? $"used by {node}" : key.Key.Reusable ? "reusable" : "for one machine";

    public static string StateOf(TokenState token) => token.IsRevoked ? "revoked" : "usable";

    private static IEnumerable<DifferenceDocument> Nodes(OrganizationState before, OrganizationState after)
    {
        foreach (var node in after.Nodes.Values)
        {
            if (!before.Nodes.TryGetValue(node.Id, out var was))
            {
                yield return new DifferenceDocument("added", "node", node.Id.ToString(), node.Name, null, null, Holdings(node));
            }
            else if (!ReferenceEquals(was, node))
            {
                foreach (var change in Changes(was, node))
                {
                    yield return change;
                }
            }
        }
    }

    private static string Holdings(Node node) => string.Join(", ", node.Addresses.Select(a => a.Address.ToString()).Concat(node.Allocated.Select(p => p.ToString())));

    private static IEnumerable<DifferenceDocument> Changes(Node before, Node after)
    {
        if (before.IsRemoved != after.IsRemoved)
        {
            yield return new DifferenceDocument(after.IsRemoved ? "removed" : "added", "node", after.Id.ToString(), after.Name, null, null, after.IsRemoved ? null : Holdings(after));
        }

        (string Field, string Before, string After)[] fields =
        [
            ("name", before.Name, after.Name),
            ("publicKey", before.Key.ToString(), after.Key.ToString()),
            ("credential", "", before.Credential == after.Credential ? "" : "a new one"),
            ("allocated", before.Allocated.ToString(), after.Allocated.ToString()),
            ("announced", before.Announced.ToString(), after.Announced.ToString()),
            ("endpoints", Texts(before.Endpoints), Texts(after.Endpoints)),
        ];
        foreach (var (field, was, now) in fields.Where(field => field.Before != field.After))
        {
            yield return new DifferenceDocument("changed", "node", after.Id.ToString(), after.Name, field, was, now);
        }
    }

    private static string Texts(ValueList<Endpoint> endpoints) => string.Join(", ", endpoints.Select(EventFacts.ToText));

    private static IEnumerable<DifferenceDocument> Things<T>(
        string what, IEnumerable<T> before, IEnumerable<T> after, Func<T, string> id, Func<T, string> name, Func<T, string> state)
    {
        var known = before.ToDictionary(id, state);
        foreach (var thing in after)
        {
            if (!known.TryGetValue(id(thing), out var was))
            {
                yield return new DifferenceDocument("added", what, id(thing), name(thing), null, null, state(thing));
            }
            else if (was != state(thing))
            {
                yield return new DifferenceDocument("changed", what, id(thing), name(thing), "state", was, state(thing));
            }
        }
    }
}
