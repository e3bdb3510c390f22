using System.Text.Json;

namespace MeshActors.SystemTests;

/// <summary>Tenants on one controller do not meet.</summary>
public sealed class OrganizationTests(Mesh mesh) : MeshTest(mesh)
{
    private static readonly string[] Prefixes = ["172.24.0.0/24", "fd00:24::/64"];

    [SystemFact]
    public async Task Equal_child_prefixes_live_side_by_side_and_each_sees_its_own()
    {
        var (_, otherUrl) = await NewOrganizationAsync();
        var mine = await JoinRouterAsync("mine", JoinUrl, "172.24.0.10/32");
        var myPeer = await (await NewNodeAsync("my-peer")).StartAsync(JoinUrl);
        var theirs = await JoinRouterAsync("theirs", otherUrl, "172.24.0.20/32");
        var theirPeer = await (await NewNodeAsync("their-peer")).StartAsync(otherUrl);

        await myPeer.SeesExactlyAsync((mine, Prefixes));
        await theirPeer.SeesExactlyAsync((theirs, Prefixes));
        await myPeer.ReachesAsync("172.24.0.10");
        await theirPeer.ReachesAsync("172.24.0.20");
        Assert.False(await myPeer.Machine.PingsAsync("172.24.0.20"));
        Assert.False(await theirPeer.Machine.PingsAsync("172.24.0.10"));
    }

    [SystemTheory]
    [InlineData("node list")]
    [InlineData("prefix list")]
    [InlineData("join-key list")]
    [InlineData("join-key create")]
    [InlineData("events list")]
    [InlineData("org show")]
    [InlineData("token list")]
    [InlineData("token create spy")]
    [InlineData("node show theirs")]
    [InlineData("node replace theirs")]
    [InlineData("node remove --yes theirs")]
    public async Task A_token_of_one_organization_opens_nothing_of_another(string call)
    {
        var (other, otherUrl) = await NewOrganizationAsync();
        await (await NewNodeAsync("theirs")).StartAsync("--child-prefix=172.24.0.0/24", otherUrl);
        var before = await Controller.EventsAsync(other);

        var outcome = await WithMyTokenAsync([.. call.Split(' '), "--org", other]);

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("not-allowed", outcome.Error);
        Assert.DoesNotContain("172.24", outcome.Text);
        Assert.Equal(before, await Controller.EventsAsync(other));
    }

    [SystemFact]
    public async Task A_token_of_one_organization_does_its_own_work_and_lists_no_other_organization()
    {
        var (other, _) = await NewOrganizationAsync();
        var nodes = await WithMyTokenAsync(["node", "list", "-o", "json"]);
        Assert.Equal(Organization, Json(nodes).GetProperty("organization").GetString());

        var organizations = await WithMyTokenAsync(["org", "list"]);
        Assert.DoesNotContain(other, organizations.Text);
        Assert.NotEqual(0, (await WithMyTokenAsync(["org", "create", "another"])).ExitCode);
    }

    [SystemFact]
    public async Task A_join_key_of_one_organization_does_not_join_another()
    {
        var (other, _) = await NewOrganizationAsync();
        var node = await NewNodeAsync("stray");
        node.Launch("--org", other, JoinUrl);
        var outcome = await node.EndAsync();

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("organization-mismatch", outcome.Error);
    }

    private async Task<Node> JoinRouterAsync(string name, string url, string loopback)
    {
        var node = await NewNodeAsync(name);
        await node.StartAsync("--child-prefix=172.24.0.0/24,fd00:24::/64", url);
        await node.AddLoopbackAsync(loopback);
        return node;
    }

    private async Task<Outcome> WithMyTokenAsync(string[] arguments)
    {
        var token = await Controller.MeshctlAsync("token", "create", "mine", "--org", Organization);
        return await Controller.Machine.TryAsync(
            ["env", $"MESHCTL_TOKEN={token.GetProperty("token").GetString()}", "meshctl", .. arguments]);
    }

    private static JsonElement Json(Outcome outcome)
    {
        using var document = JsonDocument.Parse(outcome.Succeeded().Output);
        return document.RootElement.Clone();
    }
}
