namespace MeshActors.SystemTests;

/// <summary>A peer announces the network that this host lives in.</summary>
public sealed class HomeConflictTests(Mesh mesh) : MeshTest(mesh)
{
    private const string Lan = "192.168.77.0/24";
    private const string Router = "192.168.77.1";

    [SystemTheory]
    [InlineData("192.168.77.0/24")]
    [InlineData("192.168.0.0/16")]
    [InlineData("192.168.77.0/25")]
    public async Task The_lan_keeps_working_and_both_sides_are_told(string announced)
    {
        var laptop = await NewNodeAtHomeAsync("laptop");
        await laptop.StartAsync(JoinUrl);
        Assert.True(await laptop.Machine.PingsAsync(Router));

        var router = await JoinAsync("router", $"--child-prefix={announced},172.28.0.0/24");
        await router.AddLoopbackAsync("172.28.0.10/32");

        await laptop.ReachesAsync("172.28.0.10");
        await Eventually.HoldsAsync(async () =>
        {
            Assert.Contains(announced, await WarningsOfStatusAsync(laptop));
            Assert.Contains(announced, await WarningsOfControllerAsync());
        });
        Assert.True(await laptop.Machine.PingsAsync(Router));
        Assert.Contains("dev eth0", await laptop.Machine.RunAsync("ip", "route", "get", Router));
        Assert.Contains(Lan, await laptop.Machine.RunAsync("ip", "route", "show", "dev", "eth0"));
    }

    [SystemFact]
    public async Task The_warning_goes_when_its_reason_goes()
    {
        var laptop = await NewNodeAtHomeAsync("laptop");
        await laptop.StartAsync(JoinUrl);
        var router = await JoinAsync("router", $"--child-prefix={Lan}");
        await Eventually.HoldsAsync(async () => Assert.Contains(Lan, await WarningsOfControllerAsync()));

        await router.StopAsync();
        await router.StartAsync(JoinUrl);

        await Eventually.HoldsAsync(async () =>
        {
            Assert.DoesNotContain(Lan, await WarningsOfStatusAsync(laptop));
            Assert.DoesNotContain(Lan, await WarningsOfControllerAsync());
        });
    }

    private static async Task<string> WarningsOfStatusAsync(Node node) =>
        (await node.StatusAsync()).GetProperty("warnings").ToString();

    private async Task<string> WarningsOfControllerAsync() =>
        (await Controller.MeshctlAsync("node", "show", "laptop", "--org", Organization)).GetProperty("warnings").ToString();
}
