namespace MeshActors.Agent.Session;

/// <summary>What is worth telling of a pass: what changed since the one before.</summary>
internal static class Passes
{
    /// <summary>Changes named in the log; a joining mesh has thousands.</summary>
    private const int LoggedMax = 20;

    public static IEnumerable<string> Warnings(Pass pass) => pass.Plan.Warnings
        .Select(warning => $"{warning.Code}: {warning.Message}")
        .Concat(pass.Failures.Select(failure => $"apply-failed: {failure}"));

    public static void Log(Pass? before, Pass pass)
    {
        foreach (var change in pass.Plan.Changes.Take(LoggedMax))
        {
            MeshActors.Agent.Log.Info(change.ToString());
        }

        if (pass.Plan.Changes.Length > LoggedMax)
        {
            MeshActors.Agent.Log.Info($"... and {pass.Plan.Changes.Length - LoggedMax} changes more");
        }

        if (!pass.Plan.Changes.IsEmpty)
        {
            MeshActors.Agent.Log.Info($"{pass.Plan.Changes.Length} changes to revision {pass.Map.Revision} in {pass.Took.TotalMilliseconds:0} ms.");
        }

        var known = before is null ? [] : Warnings(before).ToHashSet();
        foreach (var warning in Warnings(pass).Where(warning => !known.Contains(warning)))
        {
            MeshActors.Agent.Log.Warn(warning);
        }
    }

}
