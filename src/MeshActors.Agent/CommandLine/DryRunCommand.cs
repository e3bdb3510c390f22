using MeshActors.Agent.Linux;
using MeshActors.Agent.Session;
using MeshActors.Agent.State;
using MeshActors.Domain;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Maps;

namespace MeshActors.Agent.CommandLine;

/// <summary>Prints the plan for the map that this node has. It asks no controller: to announce is a change too.</summary>
internal static class DryRunCommand
{
    public static async Task<int> RunAsync(Settings settings)
    {
        HostChecks.Require();
        var state = new StateDirectory(settings.StateDir);
        var identity = Identities.Read(state);
        var map = identity is { IsJoined: true } ? MapCache.Read(state) : MeshMap.Empty;
        if (!NodeId.TryParse(identity?.NodeId, out var self) || map.Nodes.GetValueOrDefault(self) is not { } own)
        {
            throw new BadInputException($"--dry-run shows what the mesh's map asks of this host, and there is none in {state.Root} yet: join first.");
        }

        var time = TimeProvider.System;
        var wanted = map with { Nodes = map.Nodes.SetItem(self, own with { Prefixes = settings.Prefixes.ToValueList() }) };
        var seen = await new Host(state, settings.Interface).ObserveAsync();
        var (plan, _) = await Reconciler.PlanAsync(
            seen, own.Key, settings, wanted, self, new ConfiguredEndpoints([], time), EndpointMemory.Empty, time.GetUtcNow());
        Print(plan, map.Revision);
        return ExitStatus.Stopped;
    }

    private static void Print(Plan plan, long revision)
    {
        foreach (var change in plan.Changes)
        {
            Console.Out.WriteLine(change);
        }

        foreach (var warning in plan.Warnings)
        {
            Console.Out.WriteLine($"warning   ! {warning.Code}: {warning.Message}");
        }

        Console.Out.WriteLine($"{plan.Changes.Length} changes to revision {revision}");
    }
}
