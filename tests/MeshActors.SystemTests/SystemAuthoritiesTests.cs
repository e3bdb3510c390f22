namespace MeshActors.SystemTests;

/// <summary>Who knows its controller by a pin leaves what the system trusts unread: a hundred files at each start.</summary>
public sealed class SystemAuthoritiesTests(Mesh mesh) : MeshTest(mesh)
{
    private const string Directory = "/run/authorities";

    /// <summary>Says when it was read last.</summary>
    private const string File = $"{Directory}/ca.pem";

    private static readonly string[] Environment = ["env", $"SSL_CERT_FILE={File}", $"SSL_CERT_DIR={Directory}"];

    [SystemFact]
    public async Task Meshd_and_meshctl_do_not_read_them()
    {
        var untouched = await OfferAsync(Controller.Machine);
        (await Controller.Machine.TryAsync([.. Environment, "meshctl", "node", "list", "--org", Organization])).Succeeded();
        Assert.Equal(untouched, await LastReadAsync(Controller.Machine));

        var node = await NewNodeAsync("frugal");
        untouched = await OfferAsync(node.Machine);
        var agent = node.Machine.Start([.. Environment, "meshd", JoinUrl]);
        await Eventually.HoldsAsync(async () =>
        {
            Assert.False(agent.HasExited, agent.Text);
            await node.AddressAsync(4);
        });
        Assert.Equal(untouched, await LastReadAsync(node.Machine));

        await node.Machine.ShellAsync($"cat {File}");
        Assert.NotEqual(untouched, await LastReadAsync(node.Machine));
    }

    private static async Task<string> OfferAsync(Machine machine)
    {
        await machine.ShellAsync($"mkdir -p {Directory}; echo none >{File}; touch -a -d 2000-01-01 {File}");
        return await LastReadAsync(machine);
    }

    private static Task<string> LastReadAsync(Machine machine) => machine.ShellAsync($"stat -c %x {File}");
}
