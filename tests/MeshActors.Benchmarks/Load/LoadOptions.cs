using System.Globalization;

namespace MeshActors.Benchmarks.Load;

/// <param name="Connections">TCP connections that the agents share.</param>
/// <param name="Only">The phases to run; empty: all.</param>
internal sealed record LoadOptions(
    int Agents, int Organizations, string Database, int Connections, bool IsQuick, IReadOnlyList<string> Only, string Program)
{
    public bool Runs(string phase) => Only.Count == 0 || Only.Contains(phase);

    /// <summary>The first number, or the second of a quick run.</summary>
    public int Choose(int full, int quick) => IsQuick ? quick : full;

    public string Line() => string.Create(CultureInfo.InvariantCulture,
        $"{Agents:N0} agents of {Organizations:N0} organizations over {Connections:N0} connections, {Database}{(IsQuick ? ", quick" : "")}");
}
