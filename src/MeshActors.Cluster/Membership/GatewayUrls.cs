using System.Collections.Immutable;

namespace MeshActors.Cluster.Membership;

/// <summary>Where an agent is served, as far as is known now: here first, then by others of this cluster, then in other regions.</summary>
/// <param name="own">Null when this process serves no agents.</param>
/// <param name="elsewhere">Gateways of other regions.</param>
public sealed class GatewayUrls(string? own, IReadOnlyList<string> elsewhere)
{
    /// <summary>More than anybody has, and a message of 2 KB; an agent needs two or three.</summary>
    public const int Max = 32;

    private volatile string[] _all = Together(own, [], elsewhere);

    public string? Own => own;

    public ImmutableArray<string> All => [.. _all];

    internal void Show(IEnumerable<string> others) => _all = Together(own, others, elsewhere);

    private static string[] Together(string? own, IEnumerable<string> others, IEnumerable<string> elsewhere) =>
        [.. (own is null ? others : others.Prepend(own)).Concat(elsewhere).Distinct(StringComparer.Ordinal).Take(Max)];
}
