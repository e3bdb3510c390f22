using System.CommandLine;

namespace MeshActors.Agent.CommandLine;

/// <summary>All options of the running agent. Each has a variable, for service files; the command line wins.</summary>
internal sealed class Options
{
    public Argument<string[]> Urls { get; } = new("URL")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "The join URL that the controller printed, or a plain controller URL once joined (MESHD_URL). More than one: tried in turn.",
    };

    public Option<string[]> ChildPrefix { get; } = Many("--child-prefix", "CIDR", "MESHD_CHILD_PREFIX",
        "A network behind this node that the mesh reaches through it. May be repeated, or a list with commas.");

    public Option<string[]> AdvertiseCidr { get; } = Many("--advertise-cidr", "CIDR", "MESHD_ADVERTISE_CIDR",
        "A network behind this node that the mesh reaches through it. May be repeated, or a list with commas.");

    public Option<string?> Organization { get; } = One("--org", "NAME", "MESHD_ORG", "The organization to be in, to be sure that it is the right one.", "--zone");

    public Option<string?> Name { get; } = One("--name", "NAME", "MESHD_NAME", "This node's name; default: the host's name.");

    public Option<string?> Interface { get; } = One("--interface", "NAME", "MESHD_INTERFACE", "The WireGuard interface; default: wg0.");

    public Option<string?> ListenPort { get; } = One("--listen-port", "PORT", "MESHD_LISTEN_PORT", "WireGuard's UDP port; default: 51820.");

    public Option<string[]> Endpoint { get; } = Many("--endpoint", "HOST:PORT", "MESHD_ENDPOINT", "Where peers reach this node, if it cannot know itself. May be repeated.");

    public Option<string[]> RequestIp { get; } = Many("--request-ip", "ADDRESS", "MESHD_REQUEST_IP", "The address to get from the pool, one of a family.");

    public Option<string?> JoinKey { get; } = One("--join-key", "KEY", "MESHD_JOIN_KEY", "The join key, when the URL does not carry it. Other users can read arguments: prefer the variable.");

    public Option<string?> StateDir { get; } = One("--state-dir", "DIR", "MESHD_STATE_DIR", "Where key, credential and map are kept; default: /var/lib/meshd.");

    public Option<string?> Ca { get; } = One("--ca", "FILE", "MESHD_CA", "The only CA to trust, in PEM, when the URL carries no pin.");

    public Option<bool> DryRun { get; } = Flag("--dry-run", "MESHD_DRY_RUN", "Print what would be changed on this host, and change nothing.");

    public Option<bool> InsecureNoTls { get; } = Flag("--insecure-no-tls", "MESHD_INSECURE_NO_TLS", "Accept http:// URLs: no one knows then who answers.");

    public Option<string?> MetricsListen { get; } = One("--metrics-listen", "ADDR:PORT", "MESHD_METRICS_LISTEN",
        "Where on the loopback interface /metrics is read, as 127.0.0.1:9465; default: at metrics.sock in the state directory alone.");

    public void AddTo(Command command, bool isRouter)
    {
        command.Add(Urls);
        foreach (var option in (Option[])
            [ChildPrefix, Organization, Name, Interface, ListenPort, Endpoint, RequestIp, JoinKey, StateDir, Ca, DryRun, InsecureNoTls, MetricsListen])
        {
            command.Add(option);
        }

        if (isRouter)
        {
            command.Add(AdvertiseCidr);
        }
    }

    private static Option<string[]> Many(string name, string value, string variable, string description) => new(name)
    {
        HelpName = value,
        Description = $"{description} ({variable})",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => Variable(variable) is { } text ? [text] : [],
    };

    private static Option<string?> One(string name, string value, string variable, string description, params string[] aliases) => new(name, aliases)
    {
        HelpName = value,
        Description = $"{description} ({variable})",
        DefaultValueFactory = _ => Variable(variable),
    };

    private static Option<bool> Flag(string name, string variable, string description) => new(name)
    {
        Description = $"{description} ({variable}=1)",
        DefaultValueFactory = _ => Variable(variable) is "1" or "true" or "yes",
    };

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : null;
}
