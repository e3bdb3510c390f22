namespace MeshActors.Agent.Linux;

/// <summary>
/// IP forwarding, with the way back. Switching it changes more than the one value (the kernel writes every interface's,
/// and redirects), so all of them are remembered and put back.
/// </summary>
internal static class Forwarding
{
    private const string V4Switch = "net/ipv4/ip_forward";
    private const string V6Switch = "net/ipv6/conf/all/forwarding";

    /// <summary>Router advertisements are taken although this host forwards; 1 would stop taking them.</summary>
    private const string AcceptAlways = "2";

    public static bool IsOn(bool v6) => TryRead(v6 ? V6Switch : V4Switch) == "1";

    /// <summary>False where the family is switched off for the whole host.</summary>
    public static bool HasV6(string device) =>
        TryRead($"net/ipv6/conf/{device}/disable_ipv6") switch
        {
            "0" => true,
            null => TryRead("net/ipv6/conf/default/disable_ipv6") == "0",
            _ => false,
        };

    /// <summary>All values that enabling may change, by name.</summary>
    public static SortedDictionary<string, string> Snapshot(bool v6)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var names = v6
            ? Interfaces("net/ipv6/conf").SelectMany(path => (string[])[$"{path}/forwarding", $"{path}/accept_ra"])
            : Interfaces("net/ipv4/conf").Select(path => $"{path}/forwarding").Append("net/ipv4/conf/all/accept_redirects").Append(V4Switch);
        foreach (var name in names)
        {
            if (TryRead(name) is { } value)
            {
                values[name] = value;
            }
        }

        return values;
    }

    public static void Enable(bool v6)
    {
        if (v6)
        {
            foreach (var path in Interfaces("net/ipv6/conf").Where(path => TryRead($"{path}/accept_ra") == "1"))
            {
                Write($"{path}/accept_ra", AcceptAlways);
            }
        }

        Write(v6 ? V6Switch : V4Switch, "1");
    }

    /// <summary>The switch first: it writes others, which then get their own values back.</summary>
    public static void Restore(bool v6, IReadOnlyDictionary<string, string> values)
    {
        var first = v6 ? V6Switch : V4Switch;
        foreach (var (name, value) in values.OrderBy(pair => pair.Key != first))
        {
            if (TryRead(name) is { } current && current != value)
            {
                Write(name, value);
            }
        }
    }

    private static IEnumerable<string> Interfaces(string family) =>
        Directory.Exists($"/proc/sys/{family}")
            ? Directory.GetDirectories($"/proc/sys/{family}").Select(path => $"{family}/{Path.GetFileName(path)}")
            : [];

    private static string? TryRead(string name)
    {
        try
        {
            return File.ReadAllText($"/proc/sys/{name}").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Write(string name, string value)
    {
        try
        {
            File.WriteAllText($"/proc/sys/{name}", value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"cannot write {value} to /proc/sys/{name}: {e.Message}");
        }
    }
}
