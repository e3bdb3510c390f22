using System.Text.Json;

namespace MeshActors.SystemTests.Lab;

/// <summary>A machine and the meshd on it.</summary>
public sealed class Node(Machine machine) : IAsyncDisposable
{
    /// <summary>How the tests' child prefixes begin; the default pools begin otherwise.</summary>
    private static readonly string[] ChildPrefixes = ["172.", "192.168.", "10.", "fd00:"];

    private Command? _agent;

    public Machine Machine => machine;

    public string Name => machine.Name;

    public string Log => _agent?.Text ?? string.Empty;

    public bool IsRunning => _agent is { HasExited: false };

    /// <summary>Starts meshd with these arguments and waits until it has a mesh address.</summary>
    public async Task<Node> StartAsync(params string[] arguments)
    {
        Launch(arguments);
        await Eventually.HoldsAsync(async () =>
        {
            if (!IsRunning)
            {
                throw new HopelessException($"meshd on {Name} ended:\n{Log}");
            }

            Assert.True((await machine.TryAsync("ip", "link", "show", "wg0")).ExitCode == 0, $"{Name} has no wg0:\n{Log}");
            await machine.AddressAsync(4);
        });
        return this;
    }

    public void Launch(params string[] arguments) => _agent = machine.Start(["meshd", .. arguments]);

    /// <summary>Stops it as an operator would: the mesh stays, only the agent goes.</summary>
    public async Task<Outcome> StopAsync()
    {
        _agent!.Signal("TERM");
        return await _agent.EndAsync();
    }

    public async Task KillAsync()
    {
        _agent!.Signal("KILL");
        await _agent.EndAsync();
    }

    public async Task<Outcome> EndAsync() => await _agent!.EndAsync();

    public async Task<JsonElement> StatusAsync()
    {
        using var document = JsonDocument.Parse(await machine.RunAsync("meshd", "status", "--json"));
        return document.RootElement.Clone();
    }

    public Task<string> AddressAsync(int family) => machine.AddressAsync(family);

    public async Task ReachesAsync(string address) =>
        await Eventually.IsTrueAsync(
            () => machine.PingsAsync(address),
            $"{Name} pings {address}.\n{(await machine.TryAsync("meshd", "status")).Text}\n{Log}");

    /// <summary>Makes an address of the machine, so that someone answers in a child prefix without a container.</summary>
    public Task AddLoopbackAsync(string address) => machine.RunAsync("ip", "addr", "add", address, "dev", "lo");

    /// <summary>
    /// The peers are exactly these with exactly their addresses and these child prefixes; every child prefix has a route,
    /// and no other prefix has.
    /// </summary>
    public Task SeesExactlyAsync(params (Node Peer, string[] Prefixes)[] expected) => Eventually.HoldsAsync(async () =>
    {
        var peers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var addresses = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (peer, prefixes) in expected)
        {
            // A pool is random: its addresses may look like child prefixes.
            addresses.UnionWith([await peer.AddressAsync(4), await peer.AddressAsync(6)]);
            string[] own = [$"{await peer.AddressAsync(4)}/32", $"{await peer.AddressAsync(6)}/128"];
            peers[await peer.Machine.PublicKeyAsync()] = WireGuard.Sorted([.. own, .. prefixes]);
        }

        Assert.Equal(peers, new SortedDictionary<string, string>(
            (await machine.PeersAsync()).ToDictionary(), StringComparer.Ordinal));
        var routes = await machine.MeshRoutesAsync();
        Assert.Equal(
            WireGuard.Sorted(expected.SelectMany(peer => peer.Prefixes)),
            WireGuard.Sorted(routes.Where(route => IsChild(route) && !addresses.Contains(route))));
    });

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }

        await machine.DisposeAsync();
    }

    private static bool IsChild(string route) => ChildPrefixes.Any(route.StartsWith);
}
