using System.CommandLine.Parsing;
using MeshActors.Cluster.Regions;
using MeshActors.Domain;

namespace MeshActors.Controller.CommandLine;

/// <summary>Regions as the command line and the environment name them.</summary>
internal static class RegionParsers
{
    /// <summary>Gateways that are tried for one region, and regions: each is a connection of every controller.</summary>
    private const int GatewaysMax = 16;

    public static RegionName? Region(ArgumentResult result, string text)
    {
        if (RegionName.TryParse(text, out var region))
        {
            return region;
        }

        result.AddError($"--region '{text}' is no region's name: use 1 to {RegionName.LengthMax} of a-z, 0-9 and '-', not beginning or ending with '-'.");
        return null;
    }

    public static ValueList<PeerRegion> Peers(ArgumentResult result, IEnumerable<string> texts)
    {
        var gateways = new List<(RegionName Region, Uri Gateway)>();
        foreach (var text in texts)
        {
            if (Parse(text) is { } parsed)
            {
                gateways.Add(parsed);
            }
            else
            {
                result.AddError($"--peer-region '{text}' is no NAME=https://HOST:PORT; write it as eu=https://mesh.eu.example.org:8443.");
            }
        }

        var regions = gateways.GroupBy(pair => pair.Region)
            .Select(group => new PeerRegion(group.Key, group.Select(pair => pair.Gateway).Distinct().ToValueList()))
            .ToValueList();
        if (regions.Count > GatewaysMax || regions.Any(region => region.Gateways.Count > GatewaysMax))
        {
            result.AddError($"--peer-region: there are more than {GatewaysMax} regions, or gateways of one; name fewer.");
        }

        return regions;
    }

    private static (RegionName Region, Uri Gateway)? Parse(string text)
    {
        var split = text.IndexOf('=', StringComparison.Ordinal);
        return split > 0
            && RegionName.TryParse(text[..split], out var region)
            && Uri.TryCreate(text[(split + 1)..], UriKind.Absolute, out var uri)
            && uri is { Scheme: "https", PathAndQuery: "/", Fragment: "", UserInfo: "" }
            ? (region, uri)
            : null;
    }
}
