using MeshActors.Gameday.Clients;

namespace MeshActors.Gameday;

/// <summary>One line a schedule while it runs, and the totals.</summary>
internal sealed class Report(TextWriter output)
{
    private readonly List<Verdict> _verdicts = [];

    public void Say(string sentence) => output.WriteLine(sentence);

    public void Add(int number, int of, Verdict verdict)
    {
        _verdicts.Add(verdict);
        var counts = verdict.Counts;
        output.WriteLine(
            $"{number}/{of} seed {verdict.Seed} {(verdict.Faults.Count == 0 ? "ok" : "FAILED")} {verdict.Took.TotalSeconds:0.0} s (healed in {verdict.HealTook.TotalSeconds:0.0} s), "
            + $"{Sum(counts)} | {verdict.Story}");
        foreach (var fault in verdict.Faults)
        {
            output.WriteLine($"    {fault}");
        }
    }

    /// <returns>True when every promise was kept.</returns>
    public bool Conclude()
    {
        var failed = _verdicts.Where(verdict => verdict.Faults.Count > 0).Select(verdict => verdict.Seed).ToList();
        var total = _verdicts.Aggregate(Counts.None, (sum, verdict) => sum.Plus(verdict.Counts));
        output.WriteLine();
        output.WriteLine($"{_verdicts.Count} schedules in {_verdicts.Sum(verdict => verdict.Took.TotalMinutes):0.0} min: {Sum(total)}");
        output.WriteLine(failed.Count == 0
            ? $"{_verdicts.Count} passed, 0 failed"
            : $"{_verdicts.Count - failed.Count} passed, {failed.Count} failed: seeds {string.Join(", ", failed)}; add them to tests/MeshActors.Gameday/seeds.txt");
        return failed.Count == 0;
    }

    private static string Sum(Counts counts) =>
        $"commands {counts.Acknowledged} done {counts.Refused} refused {counts.Unknown} unknown, longest join {counts.LongestJoin.TotalSeconds:0.0} s, "
        + $"{counts.Resumed} connections, {counts.Deltas} deltas, {counts.WholeMaps} whole maps to who had one";
}
