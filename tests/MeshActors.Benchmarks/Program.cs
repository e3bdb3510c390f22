using MeshActors.Benchmarks;

var machine = $"{Environment.ProcessorCount} cores, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, "
    + $"{System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}";

switch (args)
{
    case ["ipam"]:
        Console.WriteLine(machine);
        IpamBenchmark.Run();
        return 0;
    case ["join", var urlFile, var count] when int.TryParse(count, out var nodes) && nodes is > 0 and <= 10_000:
        Console.WriteLine(machine);
        await JoinBenchmark.RunAsync(File.ReadAllText(urlFile).Trim(), nodes);
        return 0;
    default:
        Console.Error.WriteLine("""
            usage: MeshActors.Benchmarks ipam                   allocations a second at 10 to 1,000,000 held prefixes
                   MeshActors.Benchmarks join URL-FILE COUNT    COUNT machines join a controller, 50 at once: joins a second.
                                                                They stay in its journal; use a controller made for it.
            """);
        return 2;
}
