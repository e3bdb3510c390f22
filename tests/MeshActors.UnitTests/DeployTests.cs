using System.Diagnostics;
using System.Text.RegularExpressions;

namespace MeshActors.UnitTests;

/// <summary>What the deployment files say to the controller has to be what it understands.</summary>
public sealed partial class DeployTests
{
    internal static readonly string Root = FindRoot();

    public static TheoryData<string> Files =>
        [.. new[] { "compose", "k8s", "container", "systemd" }.SelectMany(folder => Directory.GetFiles(Path.Combine(Root, "deploy", folder))).Select(file => Path.GetRelativePath(Root, file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_option_and_variable_is_one_that_the_controller_has(string file)
    {
        var known = File.ReadAllText(Path.Combine(Root, "src/MeshActors.Controller/CommandLine/ServeOptions.cs"));
        var text = File.ReadAllText(Path.Combine(Root, file));
        // Of other programs' commands only those of the controller are looked at.
        foreach (Match variable in Variables().Matches(text))
        {
            Assert.Contains($"Variable(\"{variable.Groups[1].Value}\")", known, StringComparison.Ordinal);
        }

        foreach (Match option in Options().Matches(text))
        {
            Assert.Contains($"new(\"{option.Groups[1].Value}\")", known, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_orchestrators_wait_at_least_as_long_as_a_clean_stop_may_take()
    {
        Assert.Contains("terminationGracePeriodSeconds: 70", File.ReadAllText(Path.Combine(Root, "deploy/k8s/statefulset.yaml")), StringComparison.Ordinal);
        Assert.Contains("stop_grace_period: 70s", File.ReadAllText(Path.Combine(Root, "deploy/compose/compose.yaml")), StringComparison.Ordinal);
        Assert.Contains("TimeoutStopSec=70", File.ReadAllText(Path.Combine(Root, "deploy/systemd/mesh-controller.service")), StringComparison.Ordinal);
        // The organizations move, 18 s; the agents, 10 s; the rest, 40 s.
        Assert.Contains("Max = TimeSpan.FromSeconds(18)", File.ReadAllText(Path.Combine(Root, "src/MeshActors.Cluster/Hosting/HandOver.cs")), StringComparison.Ordinal);
        Assert.Contains("ShutdownMax = TimeSpan.FromSeconds(40)", File.ReadAllText(Path.Combine(Root, "src/MeshActors.Cluster/Hosting/MeshHosting.cs")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_collector_is_set_alike_wherever_the_controller_is_installed()
    {
        const string settings = "DOTNET_gcConcurrent=1 DOTNET_GCgen0size=0x4000000";
        Assert.Contains($"\nEnvironment={settings}\n", File.ReadAllText(Path.Combine(Root, "deploy/systemd/mesh-controller.service")), StringComparison.Ordinal);
        Assert.Contains($"\nENV {settings}\n", File.ReadAllText(Path.Combine(Root, "deploy/container/Dockerfile")), StringComparison.Ordinal);
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "MeshActors.sln")))
        {
            directory = directory.Parent ?? throw new UnreachableException("The tests run outside of the repository.");
        }

        return directory.FullName;
    }

    [GeneratedRegex("MESH_CONTROLLER_([A-Z_]+)")]
    private static partial Regex Variables();

    // In an argument list: `- --listen=...` or `"--listen"`.
    [GeneratedRegex("""(?:- |")(--[a-z-]+)(?:=|")""")]
    private static partial Regex Options();
}
