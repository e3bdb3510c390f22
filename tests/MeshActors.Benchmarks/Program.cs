using MeshActors.Benchmarks;

var machine = $"{Environment.ProcessorCount} cores, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, "
    + $"{System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}";

switch (args)
{
    case ["ipam"]:
        Console.WriteLine(machine);
        IpamBenchmark.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: MeshActors.Benchmarks ipam    allocations a second at 10 to 1,000,000 held prefixes");
        return 2;
}
