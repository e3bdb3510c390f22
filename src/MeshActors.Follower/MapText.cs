using System.Text.Json;
using MeshActors.Domain.Maps;

namespace MeshActors.Follower;

/// <summary>One line for each map: what changed, or all of it as JSON.</summary>
internal static class MapText
{
    // Keys are base64, and this is no HTML.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Changes(MeshMap before, MeshMap map)
    {
        var changed = map.Nodes.Values.Where(node => !node.Equals(before.Nodes.GetValueOrDefault(node.Id)))
            .Select(node => $"{(before.Nodes.ContainsKey(node.Id) ? '~' : '+')}{node.Name} {string.Join(' ', node.Addresses.Concat(node.Prefixes))}");
        var gone = before.Nodes.Values.Where(node => !map.Nodes.ContainsKey(node.Id)).Select(node => $"-{node.Name}");
        return string.Join("; ", [$"revision {map.Revision}, {map.Nodes.Count} nodes", .. changed, .. gone]);
    }

    public static string Json(MeshMap map) => JsonSerializer.Serialize(new
    {
        revision = map.Revision,
        digest = map.Digest.ToString("x32", System.Globalization.CultureInfo.InvariantCulture),
        nodes = map.Nodes.Values.Select(node => new
        {
            id = node.Id.ToString(),
            name = node.Name,
            publicKey = node.Key.ToString(),
            addresses = node.Addresses.Select(address => address.ToString()),
            prefixes = node.Prefixes.Select(prefix => prefix.ToString()),
            endpoints = node.Endpoints.Select(endpoint => new System.Net.IPEndPoint(endpoint.Address, endpoint.Port).ToString()),
        }),
    }, Plain);
}
