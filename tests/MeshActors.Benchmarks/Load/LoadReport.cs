using System.Text.Json;

namespace MeshActors.Benchmarks.Load;

/// <summary>What was measured, and what was wrong.</summary>
internal sealed class LoadReport(string machine, LoadOptions options)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly List<Figure> _figures = [];
    private readonly List<string> _faults = [];

    public IReadOnlyList<Figure> Figures => _figures;

    public bool IsSound => _faults.Count == 0;

    public void Add(Figure figure) => _figures.Add(figure);

    public void Compare(string phase, string what, double ceiling)
    {
        if (_figures.FindIndex(figure => figure.Phase == phase && figure.What == what) is >= 0 and var index)
        {
            _figures[index] = _figures[index] with { Ceiling = ceiling };
        }
    }

    public void Fault(string sentence) => _faults.Add(sentence);

    public void WriteTable(TextWriter to)
    {
        to.WriteLine(machine);
        to.WriteLine(options.Line());
        to.WriteLine(Figure.Heading());
        foreach (var figure in _figures)
        {
            to.WriteLine(figure.Line().TrimEnd());
        }

        to.WriteLine(IsSound
            ? "After every phase each agent had the journal's map: the same revision and digest."
            : $"WRONG:\n{string.Join('\n', _faults)}");
    }

    public void WriteJson(string file) => File.WriteAllText(file, JsonSerializer.Serialize(
        new { machine, options = options.Line(), sound = IsSound, faults = _faults, figures = _figures }, Indented) + "\n");
}
