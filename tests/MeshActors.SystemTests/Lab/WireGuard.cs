using System.Text.Json;

namespace MeshActors.SystemTests.Lab;

/// <summary>What the kernel of a machine holds, read with the tools that a person would use.</summary>
public static class WireGuard
{
    public static async Task<string> PublicKeyAsync(this Machine machine) =>
        (await machine.RunAsync("wg", "show", "wg0", "public-key")).Trim();

    /// <summary>The mesh address of the machine: family 4 or 6.</summary>
    public static async Task<string> AddressAsync(this Machine machine, int family)
    {
        using var links = JsonDocument.Parse(await machine.RunAsync("ip", "-json", $"-{family}", "addr", "show", "wg0"));
        return links.RootElement.EnumerateArray()
            .Where(link => link.TryGetProperty("addr_info", out _))
            .SelectMany(link => link.GetProperty("addr_info").EnumerateArray())
            .First(address => address.GetProperty("scope").GetString() == "global")
            .GetProperty("local").GetString()!;
    }

    /// <summary>AllowedIPs by public key, one text a peer, sorted.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> PeersAsync(this Machine machine) =>
        Lines(await machine.RunAsync("wg", "show", "wg0", "allowed-ips"))
            .Select(line => line.Split('\t'))
            .ToDictionary(parts => parts[0], parts => Sorted(parts[1].Split(' ')));

    /// <summary>Every destination, v4 and v6, that goes through the mesh.</summary>
    public static async Task<IReadOnlyList<string>> MeshRoutesAsync(this Machine machine)
    {
        var found = new List<string>();
        foreach (var family in new[] { "-4", "-6" })
        {
            using var routes = JsonDocument.Parse(
                await machine.RunAsync("ip", family, "-json", "route", "show", "dev", "wg0", "proto", "176"));
            found.AddRange(routes.RootElement.EnumerateArray().Select(route => route.GetProperty("dst").GetString()!));
        }

        return [.. found.Order(StringComparer.Ordinal)];
    }

    public static string Sorted(IEnumerable<string> texts) => string.Join(' ', texts.Order(StringComparer.Ordinal));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
