using System.Net;
using System.Text.Json;
using MeshActors.Domain.DataPlane;

namespace MeshActors.Agent.Linux;

/// <param name="Kind">As `ip -details` names it: wireguard, tun, bridge; empty for hardware.</param>
/// <param name="Addresses">Global ones.</param>
internal sealed record LinkState(
    string Name, string Alias, string Kind, bool IsUp, bool HasMaster, int Mtu, IReadOnlyList<InterfaceAddress> Addresses);

/// <summary>Reads the network interfaces, and makes and removes meshd's own.</summary>
internal static class Links
{
    public static async Task<IReadOnlyList<LinkState>> ReadAsync()
    {
        var result = (await Command.RunAsync(["ip", "-json", "-details", "address", "show"])).OrThrow();
        return Parse(result.Output);
    }

    public static IReadOnlyList<LinkState> Parse(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
        {
            return [];
        }

        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Where(link => link.TryGetProperty("ifname", out _)).Select(ParseLink)];
    }

    /// <summary>The kernel's WireGuard, else a program of the host that stays when meshd ends, however it ends.</summary>
    public static async Task CreateAsync(string name, string alias)
    {
        var kernel = await Command.RunAsync(["ip", "link", "add", "dev", name, "alias", alias, "type", "wireguard"]);
        if (kernel.ExitCode != 0)
        {
            await CreateInUserspaceAsync(name, kernel.Error);
            (await Command.RunAsync(["ip", "link", "set", "dev", name, "alias", alias])).OrThrow();
        }
    }

    public static async Task RemoveAsync(string name) => (await Command.RunAsync(["ip", "link", "delete", "dev", name])).OrThrow();

    public static string UserspaceProgram =>
        Environment.GetEnvironmentVariable("WG_QUICK_USERSPACE_IMPLEMENTATION") is { Length: > 0 } program ? program : "wireguard-go";

    private static async Task CreateInUserspaceAsync(string name, string kernelError)
    {
        var program = UserspaceProgram;
        if (!File.Exists(program) && !Command.Exists(program))
        {
            throw new HostCannotException(
                $"cannot make a WireGuard interface: the kernel says '{kernelError}', and there is no {program}. "
                + "Install one of them: apt-get install wireguard-tools wireguard-go");
        }

        // A session of its own: a Ctrl-C meant for meshd must not take the tunnel down.
        var result = await Command.RunAsync(["setsid", program, name]);
        if (result.ExitCode != 0)
        {
            throw new HostCannotException(
                $"cannot make a WireGuard interface: the kernel says '{kernelError}', and {program} says '{result.Error}'. "
                + "It needs root (CAP_NET_ADMIN) and /dev/net/tun.");
        }
    }

    private static LinkState ParseLink(JsonElement link) => new(
        link.GetProperty("ifname").GetString() ?? "",
        TextOf(link, "ifalias"),
        link.TryGetProperty("linkinfo", out var info) ? TextOf(info, "info_kind") : "",
        link.GetProperty("flags").EnumerateArray().Any(flag => flag.ValueEquals("UP")),
        link.TryGetProperty("master", out _),
        link.GetProperty("mtu").GetInt32(),
        [.. link.GetProperty("addr_info").EnumerateArray().Where(IsGlobal).Select(ParseAddress)]);

    private static bool IsGlobal(JsonElement address) => TextOf(address, "scope") == "global" && address.TryGetProperty("local", out _);

    private static InterfaceAddress ParseAddress(JsonElement address) =>
        new(IPAddress.Parse(TextOf(address, "local")), address.GetProperty("prefixlen").GetInt32());

    private static string TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
