using MeshActors.Domain.Ipam;

namespace MeshActors.Domain.DataPlane;

/// <param name="Device">The interface, or the kind of a route that has none, as <c>blackhole</c>.</param>
public readonly record struct ForeignRoute(Prefix Prefix, string Device)
{
    public override string ToString() => $"{Prefix} dev {Device}";
}

/// <summary>The host's own routes, to be asked by prefix in steps of the address length rather than of their number.</summary>
public sealed class ForeignRoutes
{
    public static readonly ForeignRoutes None = new([]);

    private readonly List<ForeignRoute> _sorted;
    private readonly Dictionary<Prefix, ForeignRoute> _byPrefix;
    private readonly List<(bool IsV6, int Length)> _lengths;

    public ForeignRoutes(IEnumerable<ForeignRoute> routes)
    {
        _sorted = [.. routes.Where(route => !IsDefault(route.Prefix))];
        _sorted.Sort((left, right) => left.Prefix.CompareTo(right.Prefix));
        _byPrefix = [];
        foreach (var route in _sorted)
        {
            _byPrefix.TryAdd(route.Prefix, route);
        }

        // Longest first: the nearest network is the one to name.
        _lengths = [.. _sorted.Select(route => (route.Prefix.IsV6, (int)route.Prefix.Length)).Distinct()];
        _lengths.Sort((left, right) => right.Item2.CompareTo(left.Item2));
    }

    public IReadOnlyList<ForeignRoute> All => _sorted;

    /// <summary>The smallest route that equals or contains the prefix.</summary>
    public ForeignRoute? FindCovering(Prefix prefix)
    {
        foreach (var (isV6, length) in _lengths)
        {
            if (isV6 == prefix.IsV6 && length <= prefix.Length
                && _byPrefix.TryGetValue(new Prefix(isV6, prefix.Bits & Prefix.Mask(length), length), out var route))
            {
                return route;
            }
        }

        return null;
    }

    /// <summary>A route within the prefix and smaller than it.</summary>
    public ForeignRoute? FindInside(Prefix prefix)
    {
        var low = 0;
        var high = _sorted.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_sorted[middle].Prefix.CompareTo(prefix) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _sorted.Count && prefix.Contains(_sorted[low].Prefix) ? _sorted[low] : null;
    }

    /// <summary>Default routes, also when split in halves (as VPNs do) or limited to global unicast (2000::/3).</summary>
    private static bool IsDefault(Prefix prefix) => prefix.Length <= (prefix.IsV6 ? 3 : 1);
}
