namespace MeshActors.SystemTests.Lab;

/// <summary>What a user of the guide types to get a container on a network, IPv4 and IPv6.</summary>
public static class Containers
{
    public static async Task StartContainerAsync(this Machine machine, string name, string v4, string v6)
    {
        await machine.RunAsync(
            "docker", "network", "create", "--driver=bridge", $"--subnet={v4}", "--ipv6", $"--subnet={v6}", "net1");
        await machine.RunAsync("docker", "run", "-d", "--rm", "--name", name, "--network=net1", "busybox", "sleep", "1000000");
    }

    public static async Task<string> ContainerAddressAsync(this Machine machine, string name, int family)
    {
        var field = family == 4 ? "IPAddress" : "GlobalIPv6Address";
        return (await machine.RunAsync("docker", "inspect", "-f", $"{{{{.NetworkSettings.Networks.net1.{field}}}}}", name)).Trim();
    }

    public static async Task ContainerReachesAsync(this Node node, string container, string address) =>
        await Eventually.IsTrueAsync(
            () => node.Machine.ContainerPingsAsync(container, address),
            $"{container} on {node.Name} pings {address}.\n{node.Log}");
}
