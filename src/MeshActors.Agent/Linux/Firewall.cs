using System.Text;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;

namespace MeshActors.Agent.Linux;

/// <summary>
/// The accept rules in Docker's chain DOCKER-USER: Docker drops what comes from outside to a container's address, and asks
/// there first. Written with iptables, as Docker does, so that both see the same tables.
/// </summary>
internal static class Firewall
{
    private const string Chain = "DOCKER-USER";

    /// <returns>The prefixes of meshd's rules for this interface, or null where the chain does not exist.</returns>
    public static async Task<ValueList<Prefix>?> ReadAsync(bool v6, string device)
    {
        if (!Command.Exists(Program(v6)))
        {
            return null;
        }

        var result = await Command.RunAsync([Program(v6), "-w", "5", "-S", Chain]);
        return result.ExitCode == 0 ? Parse(Encoding.UTF8.GetString(result.Output.Span), device) : null;
    }

    public static ValueList<Prefix> Parse(string rules, string device)
    {
        var prefixes = new List<Prefix>();
        foreach (var line in rules.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var comment = ValueOf(words, "--comment")?.Trim('"');
            if (comment == Comment(device) && Prefix.TryParse(ValueOf(words, "-d"), out var prefix))
            {
                prefixes.Add(prefix);
            }
        }

        prefixes.Sort();
        return prefixes.ToValueList();
    }

    public static Task AddAsync(Prefix prefix, string device) => RunAsync("-I", prefix, device);

    public static Task RemoveAsync(Prefix prefix, string device) => RunAsync("-D", prefix, device);

    private static async Task RunAsync(string verb, Prefix prefix, string device) => (await Command.RunAsync(
    [
        Program(prefix.IsV6), "-w", "5", verb, Chain, "-i", device, "-d", prefix.ToString(),
        "-m", "comment", "--comment", Comment(device), "-j", "ACCEPT",
    ])).OrThrow();

    private static string Program(bool v6) => v6 ? "ip6tables" : "iptables";

    private static string Comment(string device) => $"meshd:{device}";

    private static string? ValueOf(string[] words, string option)
    {
        var at = Array.IndexOf(words, option);
        return at >= 0 && at + 1 < words.Length ? words[at + 1] : null;
    }
}
