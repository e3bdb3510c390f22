using System.CommandLine;
using MeshActors.Domain;

namespace MeshActors.Benchmarks.Load;

/// <summary><c>MeshActors.Benchmarks load</c>: the published controller under the load of many agents.</summary>
internal static class LoadCommand
{
    private const int AgentsMax = 100_000;
    private const int OrganizationsMax = 5_000;

    /// <summary>Agents on one connection, unless it is said otherwise.</summary>
    private const int AgentsPerConnection = 100;

    private const int QuickAgents = 500;

    private static readonly Option<int?> Agents = new("--agents") { HelpName = "N", Description = $"How many, {AgentsMax:N0} at most [default: 1000, {QuickAgents} of a quick run]" };

    private static readonly Option<int?> Organizations = new("--organizations") { HelpName = "M", Description = $"Over which they are spread, {Limits.NodesMax:N0} agents at most in each [default: 1]" };

    private static readonly Option<string?> Database = new("--database") { HelpName = "sqlite|postgres", Description = "Of the controller; a PostgreSQL server is started for it [default: sqlite]" };

    private static readonly Option<int?> Connections = new("--connections") { HelpName = "N", Description = $"TCP connections that the agents share [default: one for {AgentsPerConnection} agents]" };

    private static readonly Option<bool> Quick = new("--quick") { Description = "About a minute: fewer of everything" };

    private static readonly Option<string[]> Only = new("--only")
    {
        HelpName = "PHASE,...",
        Description = $"Only these: {string.Join(", ", LoadRun.PhaseNames)}",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries))],
    };

    private static readonly Option<FileInfo?> Json = new("--json") { HelpName = "FILE", Description = "Gets all figures" };

    private static readonly Option<FileInfo?> Controller = new("--controller") { HelpName = "PROGRAM", Description = "The mesh-controller [default: artifacts/published of this clone]" };

    public static Command Create(string machine)
    {
        var command = new Command("load", """
            Starts the published mesh-controller and drives its gateway over TLS with simulated agents that speak the real
            protocol: how long joins and changes take, and what they cost. After every phase each agent's map must be the
            journal's, or the exit status is 1. Of each message every byte is checked: the first agent of an organization that
            gets it parses it, applies it with the agent's own code and checks the digest; equal bytes on the same map are
            the same map for the others. The agents share this machine with the controller.
            """)
        {
            Agents, Organizations, Database, Connections, Quick, Only, Json, Controller,
        };
        command.Validators.Add(result =>
        {
            var (agents, organizations) = (result.GetValue(Agents) ?? QuickAgents, result.GetValue(Organizations) ?? 1);
            if (agents is < 2 or > AgentsMax || organizations is < 1 or > OrganizationsMax || organizations > agents / 2)
            {
                result.AddError($"--agents is 2 to {AgentsMax:N0}, and --organizations 1 to {OrganizationsMax:N0} and at most half as many.");
            }
            else if (agents > (long)organizations * Limits.NodesMax)
            {
                result.AddError($"{agents:N0} agents need {(agents + Limits.NodesMax - 1) / Limits.NodesMax} organizations or more: one holds {Limits.NodesMax:N0} nodes.");
            }

            if (result.GetValue(Connections) is { } connections && (connections < 1 || connections > agents))
            {
                result.AddError("--connections is 1 to the number of agents.");
            }

            if (result.GetValue(Database) is not (null or "sqlite" or "postgres"))
            {
                result.AddError("--database is sqlite or postgres.");
            }

            if ((result.GetValue(Only) ?? []).Except(LoadRun.PhaseNames).FirstOrDefault() is { } unknown)
            {
                result.AddError($"--only '{unknown}' is no phase; there are {string.Join(", ", LoadRun.PhaseNames)}.");
            }

            if (Program(result.GetValue(Controller)) is null)
            {
                result.AddError("There is no mesh-controller: publish it with `dotnet publish src/MeshActors.Controller -c Release -o artifacts/published/mesh-controller`, or name it with --controller.");
            }
        });
        command.SetAction((parsed, stop) => RunAsync(machine, Read(parsed), parsed.GetValue(Json), stop));
        return command;
    }

    private static async Task<int> RunAsync(string machine, LoadOptions options, FileInfo? json, CancellationToken stop)
    {
        var report = new LoadReport(machine, options);
        await LoadRun.RunAsync(options, report, new Progress(Console.Error, !Console.IsErrorRedirected), stop);
        report.WriteTable(Console.Out);
        if (json is not null)
        {
            report.WriteJson(json.FullName);
        }

        return report.IsSound ? 0 : 1;
    }

    private static LoadOptions Read(ParseResult parsed)
    {
        var isQuick = parsed.GetValue(Quick);
        var agents = parsed.GetValue(Agents) ?? (isQuick ? QuickAgents : 1_000);
        return new LoadOptions(
            agents,
            parsed.GetValue(Organizations) ?? 1,
            parsed.GetValue(Database) ?? "sqlite",
            parsed.GetValue(Connections) ?? Math.Max(1, agents / AgentsPerConnection),
            isQuick,
            parsed.GetValue(Only) ?? [],
            Program(parsed.GetValue(Controller))!);
    }

    private static string? Program(FileInfo? said)
    {
        if (said is not null)
        {
            return said.Exists ? said.FullName : null;
        }

        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var published = Path.Combine(directory.FullName, "artifacts", "published", "mesh-controller", "mesh-controller");
            if (File.Exists(published))
            {
                return published;
            }
        }

        return null;
    }
}
