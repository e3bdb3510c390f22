using System.CommandLine;
using System.Net;
using MeshActors.Cluster.Regions;
using MeshActors.Domain;
using static MeshActors.Controller.CommandLine.OptionParsers;

namespace MeshActors.Controller.CommandLine;

/// <summary>Options of a controller: from the command line, else from <c>MESH_CONTROLLER_*</c>, else defaults.</summary>
internal static class ServeOptions
{
    public static readonly Option<string> DataDir = new("--data-dir")
    {
        HelpName = "DIR",
        Description = $"Where the journal, the CA and the first secrets are [env: {Variable("DATA_DIR")}]",
        DefaultValueFactory = _ => FromEnvironment("DATA_DIR") ?? ControllerOptions.DefaultDataDirectory,
    };

    public static readonly Option<string?> Database = new("--database")
    {
        HelpName = "URL",
        Description = $"PostgreSQL in place of SQLite: postgresql://USER@HOST[:PORT]/NAME, without a password [env: {Variable("DATABASE")}]",
        DefaultValueFactory = _ => FromEnvironment("DATABASE"),
    };

    public static readonly Option<string?> DatabaseFile = new("--database-file")
    {
        HelpName = "FILE",
        Description = $"A file of mode 0600 with such a URL, which may hold a password [env: {Variable("DATABASE_FILE")}]",
        DefaultValueFactory = _ => FromEnvironment("DATABASE_FILE"),
    };

    private static readonly Option<IPEndPoint> Listen = new("--listen")
    {
        HelpName = "ADDR:PORT",
        Description = $"Where to listen; 0.0.0.0 and [::] both mean every address, IPv4 and IPv6 [env: {Variable("LISTEN")}]",
        CustomParser = result => EndPoint(result, "--listen", result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => FromEnvironment("LISTEN") is { } text
            ? EndPoint(result, "--listen", text) ?? new ControllerOptions().Listen
            : new ControllerOptions().Listen,
    };

    private static readonly Option<ValueList<HostAndPort>> Advertise = new("--advertise")
    {
        HelpName = "HOST[:PORT]",
        Arity = ArgumentArity.OneOrMore,
        Description = $"Where agents reach this controller; repeatable; the first is in join URLs [env: {Variable("ADVERTISE")}, by comma] [default: this host's primary address]",
        CustomParser = result => Hosts(result, "--advertise", Texts(result)),
        DefaultValueFactory = result => Hosts(result, "--advertise", ListFromEnvironment("ADVERTISE")),
    };

    private static readonly Option<ValueList<string>> Config = new("--config")
    {
        HelpName = "FILE.conf",
        Arity = ArgumentArity.OneOrMore,
        Description = $"HOCON that overrides Akka's settings; repeatable; a later file wins [env: {Variable("CONFIG")}, by comma]",
        CustomParser = result => Files(result, "--config", Texts(result)),
        DefaultValueFactory = result => Files(result, "--config", ListFromEnvironment("CONFIG")),
    };

    private static readonly Option<ValueList<string>> Role = new("--role")
    {
        HelpName = "ROLE",
        Arity = ArgumentArity.OneOrMore,
        Description = $"controller (hosts organizations), gateway (serves agents and operators); repeatable [env: {Variable("ROLE")}, by comma] [default: both]",
        CustomParser = result => Roles(result, Texts(result)),
        DefaultValueFactory = result => ListFromEnvironment("ROLE") is { Length: > 0 } texts ? Roles(result, texts) : new ControllerOptions().Roles,
    };

    private static readonly Option<IPEndPoint?> ClusterListen = new("--cluster-listen")
    {
        HelpName = "ADDR:PORT",
        Description = $"Where the other controllers of the same database connect [env: {Variable("CLUSTER_LISTEN")}] [default: nowhere; this one is alone]",
        CustomParser = result => EndPoint(result, "--cluster-listen", result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => FromEnvironment("CLUSTER_LISTEN") is { } text ? EndPoint(result, "--cluster-listen", text) : null,
    };

    private static readonly Option<HostAndPort?> ClusterAdvertise = new("--cluster-advertise")
    {
        HelpName = "HOST[:PORT]",
        Description = $"How they reach it, where that differs [env: {Variable("CLUSTER_ADVERTISE")}]",
        CustomParser = result => First(Hosts(result, "--cluster-advertise", Texts(result))),
        DefaultValueFactory = result => First(Hosts(result, "--cluster-advertise", ListFromEnvironment("CLUSTER_ADVERTISE"))),
    };

    private static readonly Option<ValueList<HostAndPort>> Seed = new("--seed")
    {
        HelpName = "HOST:PORT",
        Arity = ArgumentArity.OneOrMore,
        Description = $"Another controller, by the name it advertises; repeatable, the same list on all [env: {Variable("SEED")}, by comma] [default: found in the database]",
        CustomParser = result => Hosts(result, "--seed", Texts(result)),
        DefaultValueFactory = result => Hosts(result, "--seed", ListFromEnvironment("SEED")),
    };

    private static readonly Option<IPEndPoint?> EdgeListen = new("--edge-listen")
    {
        HelpName = "ADDR:PORT",
        Description = $"Where agents connect over Akka remoting, with certificates of `ca issue` [env: {Variable("EDGE_LISTEN")}] [default: nowhere]",
        CustomParser = result => EndPoint(result, "--edge-listen", result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => FromEnvironment("EDGE_LISTEN") is { } text ? EndPoint(result, "--edge-listen", text) : null,
    };

    private static readonly Option<string?> CaDir = new("--ca-dir")
    {
        HelpName = "DIR",
        Description = $"Where ca.pem and ca.key are that all controllers share [env: {Variable("CA_DIR")}] [default: the data directory]",
        DefaultValueFactory = _ => FromEnvironment("CA_DIR"),
    };

    private static readonly Option<RegionName?> Region = new("--region")
    {
        HelpName = "NAME",
        Description = $"The region that this cluster is; new organizations are called NAME@REGION [env: {Variable("REGION")}] [default: no regions]",
        CustomParser = result => RegionParsers.Region(result, result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => FromEnvironment("REGION") is { } text ? RegionParsers.Region(result, text) : null,
    };

    private static readonly Option<ValueList<PeerRegion>> PeerRegion = new("--peer-region")
    {
        HelpName = "NAME=https://HOST:PORT",
        Arity = ArgumentArity.OneOrMore,
        Description = $"Another region and a gateway of it; repeatable; those of one region are tried in turn [env: {Variable("PEER_REGION")}, by comma]",
        CustomParser = result => RegionParsers.Peers(result, Texts(result)),
        DefaultValueFactory = result => RegionParsers.Peers(result, ListFromEnvironment("PEER_REGION")),
    };

    private static readonly Option<bool> NoDefaultOrg = new("--no-default-org")
    {
        Description = $"Do not make the organization 'default' at the first start: its events are to be imported [env: {Variable("NO_DEFAULT_ORG")}, 1]",
        DefaultValueFactory = _ => FromEnvironment("NO_DEFAULT_ORG") is "1" or "true",
    };

    private static readonly Option<IPEndPoint?> MetricsListen = new("--metrics-listen")
    {
        HelpName = "ADDR:PORT",
        Description = $"Where /metrics is scraped, in plain text and by whoever reaches it, as 127.0.0.1:9464 [env: {Variable("METRICS_LISTEN")}] [default: nowhere]",
        CustomParser = result => EndPoint(result, "--metrics-listen", result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => FromEnvironment("METRICS_LISTEN") is { } text ? EndPoint(result, "--metrics-listen", text) : null,
    };

    private static readonly Option<Uri?> OtlpEndpoint = new("--otlp-endpoint")
    {
        HelpName = "URL",
        Description = $"Where metrics and traces are sent by OTLP over gRPC, as http://127.0.0.1:4317 [env: {Variable("OTLP_ENDPOINT")}, OTEL_EXPORTER_OTLP_ENDPOINT] [default: nowhere]",
        CustomParser = result => Url(result, "--otlp-endpoint", result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => (FromEnvironment("OTLP_ENDPOINT") ?? Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT")) is { Length: > 0 } text
            ? Url(result, "--otlp-endpoint", text)
            : null,
    };

    private static readonly Option<double> TraceRatio = new("--trace-ratio")
    {
        HelpName = "PART",
        Description = $"Of the changes, the part whose traces are sent to --otlp-endpoint, from 0 to 1; a caller's own trace is followed anyway [env: {Variable("TRACE_RATIO")}]",
        CustomParser = result => Part(result, "--trace-ratio", result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => FromEnvironment("TRACE_RATIO") is { } text ? Part(result, "--trace-ratio", text) : new ControllerOptions().TraceRatio,
    };

    private static readonly Option<LogFormat> LogFormat = new("--log-format")
    {
        HelpName = "text|json",
        Description = $"The log on standard error: lines for people, or JSON with event, trace and request ids [env: {Variable("LOG_FORMAT")}]",
        CustomParser = result => Format(result, "--log-format", result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => FromEnvironment("LOG_FORMAT") is { } text ? Format(result, "--log-format", text) : new ControllerOptions().LogFormat,
    };

    public static IEnumerable<Option> All =>
        [DataDir, Listen, Advertise, Config, Database, DatabaseFile, Role, ClusterListen, ClusterAdvertise, Seed, EdgeListen, CaDir, Region, PeerRegion, NoDefaultOrg, MetricsListen, OtlpEndpoint, TraceRatio, LogFormat];

    public static ControllerOptions Read(ParseResult parsed) => new()
    {
        DataDirectory = Path.GetFullPath(parsed.GetRequiredValue(DataDir)),
        Listen = parsed.GetRequiredValue(Listen),
        Advertise = parsed.GetValue(Advertise),
        ConfigFiles = parsed.GetValue(Config),
        Database = parsed.GetValue(Database),
        DatabaseFile = FullPath(parsed.GetValue(DatabaseFile)),
        Roles = parsed.GetValue(Role),
        ClusterListen = parsed.GetValue(ClusterListen),
        ClusterAdvertise = parsed.GetValue(ClusterAdvertise),
        Seeds = parsed.GetValue(Seed),
        EdgeListen = parsed.GetValue(EdgeListen),
        CaDirectory = FullPath(parsed.GetValue(CaDir)),
        Region = parsed.GetValue(Region),
        PeerRegions = parsed.GetValue(PeerRegion),
        WithoutDefaultOrganization = parsed.GetValue(NoDefaultOrg),
        MetricsListen = parsed.GetValue(MetricsListen),
        OtlpEndpoint = parsed.GetValue(OtlpEndpoint),
        TraceRatio = parsed.GetValue(TraceRatio),
        LogFormat = parsed.GetValue(LogFormat),
    };

    private static HostAndPort? First(ValueList<HostAndPort> hosts) => hosts is [var first, ..] ? first : null;

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);
}
