using MeshActors.Domain.DataPlane;

namespace MeshActors.Agent.Session;

/// <summary>What is worth telling of a pass: what changed since the one before.</summary>
internal static class Passes
{
    /// <summary>Changes named in the log; a joining mesh has thousands.</summary>
    private const int LoggedMax = 20;

    public static IEnumerable<string> Warnings(Pass pass) => pass.Plan.Warnings
        .Select(warning => $"{warning.Code}: {warning.Message}")
        .Concat(pass.Failures.Select(failure => $"apply-failed: {failure}"));

    /// <summary>The next endpoint of a silent peer: every 10 s, so `meshd status` tells it and the log does not.</summary>
    private static bool IsTrial(Change change) => change is Change.SetPeer { AllowedIps: null };

    public static void Log(Pass? before, Pass pass)
    {
        var changes = pass.Plan.Changes.Where(change => !IsTrial(change)).ToList();
        foreach (var change in changes.Take(LoggedMax))
        {
            MeshActors.Agent.Log.Info(change.ToString());
        }

        if (changes.Count > LoggedMax)
        {
            MeshActors.Agent.Log.Info($"... and {changes.Count - LoggedMax} changes more");
        }

        if (changes.Count > 0)
        {
            MeshActors.Agent.Log.Info($"{changes.Count} changes to revision {pass.Map.Revision} in {pass.Took.TotalMilliseconds:0} ms.");
        }

        var known = before is null ? [] : Warnings(before).ToHashSet();
        foreach (var warning in Warnings(pass).Where(warning => !known.Contains(warning)))
        {
            MeshActors.Agent.Log.Warn(warning);
        }
    }

}
