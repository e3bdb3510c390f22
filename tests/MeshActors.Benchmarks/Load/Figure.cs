using System.Globalization;

namespace MeshActors.Benchmarks.Load;

/// <summary>One number of the table.</summary>
/// <param name="Goal">What it should reach: at most, or at least where <paramref name="IsRate"/>.</param>
/// <param name="Ceiling">What the same machine does in the same run without a mesh.</param>
internal sealed record Figure(string Phase, string What, double Value, string Unit, double? Goal = null, double? Ceiling = null, bool IsRate = false)
{
    /// <summary>How many times the ceiling it costs; of a rate, the part of the ceiling that it reaches.</summary>
    public double? Ratio => Ceiling is > 0 ? Value / Ceiling : null;

    public bool? Meets => Goal is { } goal ? (IsRate ? Value >= goal : Value <= goal) : null;

    public string Line() => string.Create(CultureInfo.InvariantCulture,
        $"{Phase,-12} {What,-66} {Number(Value),12} {Unit,-7}{(Goal is { } goal ? (IsRate ? ">= " : "<= ") + Number(goal) : ""),12} {(Meets is { } meets ? (meets ? "met" : "missed") : ""),-6}{(Ceiling is { } ceiling ? Number(ceiling) : ""),12} {(Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : ""),7}");

    public static string Heading() => string.Create(CultureInfo.InvariantCulture,
        $"{"phase",-12} {"what",-66} {"measured",12} {"",-7}{"goal",12} {"",-6}{"ceiling",12} {"ratio",7}");

    private static string Number(double value) => value.ToString(Math.Abs(value) switch
    {
        >= 100 => "#,0",
        >= 10 => "0.0",
        _ => "0.00",
    }, CultureInfo.InvariantCulture);
}
