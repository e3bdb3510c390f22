namespace MeshActors.SystemTests.Lab;

/// <summary>What a system test needs of this machine. Where it is missing, CI fails and a developer sees a skipped test.</summary>
public static class Requirements
{
    private static readonly string[] Commands =
        ["unshare", "nsenter", "ip", "iptables", "ping", "wg", "wireguard-go", "dockerd", "docker", "busybox", "jq"];

    private static readonly string[] Programs = ["mesh-controller", "meshd", "meshctl"];

    /// <summary>The repository, found upwards from the tests' own assembly.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The PATH on which the published programs come first.</summary>
    public static string SearchPath { get; } = string.Join(
        ':',
        [.. Programs.Select(program => Path.Combine(Root, "artifacts", "published", program)),
            Environment.GetEnvironmentVariable("PATH") ?? string.Empty, "/usr/sbin", "/sbin"]);

    /// <summary>A sentence that says what is missing and what to do, or null.</summary>
    public static string? Missing { get; } = FindMissing();

    public static bool InCi => Environment.GetEnvironmentVariable("CI") == "true";

    private static string? FindMissing()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "System tests make network namespaces and need root: sudo tests/run.sh system";
        }

        var missing = Commands.Concat(Programs).Where(name => !OnSearchPath(name)).ToList();
        return missing.Count == 0
            ? null
            : $"Not found: {string.Join(", ", missing)}. 'sudo tests/run.sh system' installs and publishes them.";
    }

    private static bool OnSearchPath(string name) =>
        SearchPath.Split(':').Any(directory => File.Exists(Path.Combine(directory, name)));

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "MeshActors.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName
            ?? throw new InvalidOperationException($"No MeshActors.sln above {AppContext.BaseDirectory}.");
    }
}

/// <summary>A fact that needs root and the published programs.</summary>
public sealed class SystemFactAttribute : FactAttribute
{
    public SystemFactAttribute() => Skip = Requirements.InCi ? null : Requirements.Missing;
}

/// <summary>A theory that needs root and the published programs.</summary>
public sealed class SystemTheoryAttribute : TheoryAttribute
{
    public SystemTheoryAttribute() => Skip = Requirements.InCi ? null : Requirements.Missing;
}
