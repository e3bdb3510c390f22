using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Net;
using MeshActors.Controller.Hosting;
using MeshActors.Domain;

namespace MeshActors.Controller.CommandLine;

/// <summary><c>mesh-controller</c>: options from the command line, else from <c>MESH_CONTROLLER_*</c>, else defaults.</summary>
internal static class ControllerCommand
{
    private static readonly Option<string> DataDir = new("--data-dir")
    {
        HelpName = "DIR",
        Description = $"Where the journal, the CA and the first secrets are [env: {Variable("DATA_DIR")}]",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable("DATA_DIR")) ?? ControllerOptions.DefaultDataDirectory,
    };

    private static readonly Option<IPEndPoint> Listen = new("--listen")
    {
        HelpName = "ADDR:PORT",
        Description = $"Where to listen; 0.0.0.0 and [::] both mean every address, IPv4 and IPv6 [env: {Variable("LISTEN")}]",
        CustomParser = result => ParseListen(result, "--listen", result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => Environment.GetEnvironmentVariable(Variable("LISTEN")) is { Length: > 0 } text
            ? ParseListen(result, "--listen", text)
            : new ControllerOptions().Listen,
    };

    private static readonly Option<IPEndPoint?> EdgeListen = new("--edge-listen")
    {
        HelpName = "ADDR:PORT",
        Description = $"Where agents connect over Akka remoting, with certificates of role agent [env: {Variable("EDGE_LISTEN")}] [default: nowhere]",
        CustomParser = result => ParseListen(result, "--edge-listen", result.Tokens is [var token] ? token.Value : ""),
        DefaultValueFactory = result => Environment.GetEnvironmentVariable(Variable("EDGE_LISTEN")) is { Length: > 0 } text
            ? ParseListen(result, "--edge-listen", text)
            : null,
    };

    private static readonly Option<ValueList<HostAndPort>> Advertise = new("--advertise")
    {
        HelpName = "HOST[:PORT]",
        Arity = ArgumentArity.OneOrMore,
        Description = $"Where agents reach this controller; repeatable; the first is in join URLs [env: {Variable("ADVERTISE")}, by comma] [default: this host's primary address]",
        CustomParser = result => ParseAdvertise(result, result.Tokens.Select(token => token.Value)),
        DefaultValueFactory = result => ParseAdvertise(result, FromEnvironment("ADVERTISE")),
    };

    private static readonly Option<ValueList<string>> Config = new("--config")
    {
        HelpName = "FILE.conf",
        Arity = ArgumentArity.OneOrMore,
        Description = $"HOCON that overrides Akka's settings; repeatable; a later file wins [env: {Variable("CONFIG")}, by comma]",
        CustomParser = result => ParseConfig(result, result.Tokens.Select(token => token.Value)),
        DefaultValueFactory = result => ParseConfig(result, FromEnvironment("CONFIG")),
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("""
            Coordinates a WireGuard mesh: organizations, their address space, and the agents that follow it.
            The first start makes a CA, the organization 'default' and an admin token, and prints the line to paste on a node.
            Exit status: 0 stopped cleanly; 2 bad usage or input; 4 the host cannot do it.
            """)
        {
            DataDir, Listen, EdgeListen, Advertise, Config,
        };
        root.SetAction((parsed, stopping) => RunAsync(ToOptions(parsed), stopping));
        var result = root.Parse(args);
        if (result is { Errors.Count: > 0, Action: ParseErrorAction })
        {
            foreach (var error in result.Errors)
            {
                await Console.Error.WriteLineAsync($"mesh-controller: {error.Message}").ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync("Try 'mesh-controller --help'.").ConfigureAwait(false);
            return ExitStatus.BadUsage;
        }

        // The host answers SIGTERM itself: it drains the agents' streams first.
        var invocation = new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        return await result.InvokeAsync(invocation).ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(ControllerOptions options, CancellationToken stopping)
    {
        try
        {
            await ControllerProcess.RunAsync(options, stopping).ConfigureAwait(false);
            return ExitStatus.Stopped;
        }
        catch (OperationCanceledException)
        {
            // Told to stop before it had started.
            return ExitStatus.Stopped;
        }
        catch (StartException fault)
        {
            await Console.Error.WriteLineAsync($"mesh-controller: {fault.Message}").ConfigureAwait(false);
            return fault.ExitStatus;
        }
    }

    private static ControllerOptions ToOptions(ParseResult parsed) => new()
    {
        DataDirectory = Path.GetFullPath(parsed.GetRequiredValue(DataDir)),
        Listen = parsed.GetRequiredValue(Listen),
        EdgeListen = parsed.GetValue(EdgeListen),
        Advertise = parsed.GetValue(Advertise),
        ConfigFiles = parsed.GetValue(Config),
    };

    private static IPEndPoint ParseListen(ArgumentResult result, string option, string text)
    {
        var split = text.LastIndexOf(':');
        var host = split < 0 ? "" : text[..split].Trim('[', ']');
        if (host.Length > 0 && IPAddress.TryParse(host, out var address) && HostAndPort.TryParsePort(text[(split + 1)..], out var port))
        {
            return new IPEndPoint(address, port);
        }

        result.AddError($"{option} '{text}' is no ADDR:PORT; write it as 0.0.0.0:8443 or [::1]:8443, with a port of 1 to 65535.");
        return new ControllerOptions().Listen;
    }

    private static ValueList<HostAndPort> ParseAdvertise(ArgumentResult result, IEnumerable<string> texts)
    {
        var hosts = new List<HostAndPort>();
        foreach (var text in texts)
        {
            if (HostAndPort.TryParse(text, out var host))
            {
                hosts.Add(host);
            }
            else
            {
                result.AddError($"--advertise '{text}' is no HOST[:PORT]; write a DNS name or an address, as mesh.example.org or [2001:db8::1]:8443.");
            }
        }

        return hosts.ToValueList();
    }

    private static ValueList<string> ParseConfig(ArgumentResult result, IEnumerable<string> texts)
    {
        var files = texts.Select(Path.GetFullPath).ToValueList();
        foreach (var file in files.Where(file => !File.Exists(file)))
        {
            result.AddError($"--config '{file}' does not exist.");
        }

        return files;
    }

    private static string[] FromEnvironment(string name) =>
        (Environment.GetEnvironmentVariable(Variable(name)) ?? "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Variable(string name) => "MESH_CONTROLLER_" + name;
}
