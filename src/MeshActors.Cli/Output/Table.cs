namespace MeshActors.Cli.Output;

/// <summary>Columns for people: as wide as their widest cell, two spaces apart, the last one unpadded.</summary>
internal static class Table
{
    private const string Gap = "  ";

    public static string Render(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        var lines = rows.Select(row => row.Select(Cell).ToArray()).Prepend([.. header]).ToList();
        var widths = header.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        return string.Concat(lines.Select(line => Line(line, widths) + "\n"));
    }

    /// <summary>Names on the left, values on the right; a value that is null is left out.</summary>
    public static string Facts(params IReadOnlyList<(string Name, string? Value)> facts)
    {
        var present = facts.Where(fact => fact.Value is not null).ToList();
        var width = present.Max(fact => fact.Name.Length) + 1;
        return string.Concat(present.Select(fact => $"{(fact.Name + ":").PadRight(width)}{Gap}{Cell(fact.Value!)}\n"));
    }

    public static string Line(IReadOnlyList<string> cells, IReadOnlyList<int> widths) =>
        string.Join(Gap, cells.Select((cell, column) => column == cells.Count - 1 ? cell : cell.PadRight(widths[column])));

    public static string Cell(string text) => text.Length == 0 ? "-" : Plain.OneLine(text);
}
