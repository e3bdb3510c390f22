using MeshActors.Contracts.Sessions;

namespace MeshActors.UnitTests.Simulation;

internal static class Simulation
{
    /// <summary>Null, or the promise that the schedule of this seed breaks.</summary>
    public static string? Run(ulong seed, Behaviour behaviour, List<string>? trace = null)
    {
        try
        {
            new World(seed, behaviour, trace).Run();
            return null;
        }
        catch (BrokenPromiseException broken)
        {
            return broken.Message;
        }
        catch (Exception fault) when (fault is InvalidOperationException or MapMismatchException)
        {
            return $"{fault.GetType().Name}: {fault.Message}";
        }
    }
}

/// <summary>Seeds that once broke a promise: they run as tests for ever.</summary>
internal static class Kept
{
    public static readonly ulong[] Seeds = [3, 18, 453, 456, 555, 1380, 2094, 2478];
}
