using MeshActors.Benchmarks;
using MeshActors.Benchmarks.Load;
using MeshActors.Benchmarks.Load.Agents;
using MeshActors.Benchmarks.Load.Ceilings;

var machine = $"{Environment.ProcessorCount} cores, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, "
    + $"{System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}";

switch (args)
{
    case ["ipam"]:
        Console.WriteLine(machine);
        IpamBenchmark.Run();
        return 0;
    case [BareGateway.Verb]:
        return await BareGateway.RunAsync();
    case [QuietClient.Verb]:
        return await QuietClient.RunAsync();
    case ["load", ..]:
        var load = new System.CommandLine.RootCommand { LoadCommand.Create(machine) }.Parse(args);
        var status = await load.InvokeAsync();
        return load.Errors.Count > 0 ? 2 : status;
    case ["join", var urlFile, var count] when int.TryParse(count, out var nodes) && nodes is > 0 and <= 10_000:
        Console.WriteLine(machine);
        await JoinBenchmark.RunAsync(File.ReadAllText(urlFile).Trim(), nodes);
        return 0;
    case ["journal", var count, var length, var file] when int.TryParse(count, out var nodes) && nodes is > 0 and <= 10_000
        && long.TryParse(length, out var events) && events is > 0 and <= 100_000_000:
        await JournalGenerator.RunAsync(nodes, events, file);
        return 0;
    case ["recovery", var journal, var name] when MeshActors.Domain.OrganizationId.TryParse(name, out var organization):
        Console.WriteLine(machine);
        await RecoveryBenchmark.RunAsync(journal, organization);
        return 0;
    case ["transports", var urlFile, var pid, var edge, var certificate, var ca, var count, var changes]
        when int.TryParse(pid, out var controller) && int.TryParse(count, out var agents) && agents is > 0 and <= 1_000
        && int.TryParse(changes, out var joins) && joins is > 0 and <= 5_000:
        Console.WriteLine(machine);
        await TransportBenchmark.RunAsync(File.ReadAllText(urlFile).Trim(), controller, edge, certificate, ca, agents, joins);
        return 0;
    default:
        Console.Error.WriteLine("""
            usage: MeshActors.Benchmarks ipam                   allocations a second at 10 to 1,000,000 held prefixes
                   MeshActors.Benchmarks load [OPTION]...       many agents at the published controller; see load --help
                   MeshActors.Benchmarks join URL-FILE COUNT    COUNT machines join a controller, 50 at once: joins a second.
                                                                They stay in its journal; use a controller made for it.
                   MeshActors.Benchmarks transports URL-FILE CONTROLLER-PID EDGE-HOST:PORT CERTIFICATE CA AGENTS CHANGES
                                                                AGENTS over gRPC and over Akka remoting: what connections and pushes cost
                   MeshActors.Benchmarks journal NODES EVENTS FILE
                                                                an organization's journal by the real rules, as an export
                   MeshActors.Benchmarks recovery JOURNAL ORG   milliseconds to the first answer, with snapshots and without;
                                                                JOURNAL is a mesh.db, or postgresql://USER@HOST/NAME.
                                                                They are deleted: use a copy
            """);
        return 2;
}
