namespace MeshActors.Gameday.Sites;

/// <summary>Cuts in the lab's network, by iptables on the machine that is to hear no more.</summary>
internal static class Network
{
    private const string Chain = "gameday";

    /// <summary>The machine hears nothing from that address; what it says itself still arrives there.</summary>
    public static Task DeafenAsync(Machine machine, string to) => machine.ShellAsync($"""
        iptables -w -n -L {Chain} >/dev/null 2>&1 || (iptables -w -N {Chain} && iptables -w -I INPUT -j {Chain})
        iptables -w -A {Chain} -s {to} -j DROP
        """);

    public static Task HealAsync(Machine machine) => machine.TryAsync("iptables", "-w", "-F", Chain);
}
