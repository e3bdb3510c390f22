using System.Collections.Immutable;

namespace MeshActors.Cluster.Membership;

/// <summary>Where agents reach the processes of this cluster, as far as is known now: this one's own first.</summary>
/// <param name="own">Null when this process serves no agents.</param>
public sealed class GatewayUrls(string? own)
{
    /// <summary>More than anybody has, and a message of 2 KB; an agent needs two or three.</summary>
    public const int Max = 32;

    private volatile string[] _all = own is null ? [] : [own];

    public string? Own => own;

    public ImmutableArray<string> All => [.. _all];

    internal void Show(IEnumerable<string> others) =>
        _all = [.. (own is null ? others : others.Prepend(own)).Distinct(StringComparer.Ordinal).Take(Max)];
}
