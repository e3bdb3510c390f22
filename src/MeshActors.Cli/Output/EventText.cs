using System.Globalization;
using Wire = MeshActors.Contracts.Admin.V1;

namespace MeshActors.Cli.Output;

/// <summary>Events, for people: a line each, in columns of fixed width, since a stream's widest cell is not known.</summary>
internal static class EventText
{
    private static readonly int[] Widths = [8, 24, 26, 24, 0];

    public static string Header { get; } = Table.Line(["REVISION", "TIME", "TYPE", "BY", "FACTS"], Widths);

    public static string Line(Wire.Event e) => Table.Line(
        [
            e.Revision.ToString(CultureInfo.InvariantCulture),
            Moments.Iso(DateTimeOffset.FromUnixTimeMilliseconds(e.TimeUnixMs)),
            Table.Cell(e.Type),
            Table.Cell(Principal(e)),
            Table.Cell(e.Json),
        ],
        Widths);

    private static string Principal(Wire.Event e)
    {
        var name = e.PrincipalName.Length > 0 ? e.PrincipalName : e.PrincipalId;
        return name.Length > 0 ? $"{e.PrincipalKind} {name}" : e.PrincipalKind;
    }
}
