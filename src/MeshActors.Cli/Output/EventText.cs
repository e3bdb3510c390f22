using System.Globalization;
using MeshActors.Contracts.History;
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

    public static string Show(Wire.Event e, JournalRow row, string previousHash) => Table.Facts(
        ("Revision", e.Revision.ToString(CultureInfo.InvariantCulture)),
        ("Time", Moments.Iso(DateTimeOffset.FromUnixTimeMilliseconds(e.TimeUnixMs))),
        ("Type", e.Type),
        ("By", e.PrincipalId.Length > 0 ? $"{Principal(e)} ({e.PrincipalId})" : Principal(e)),
        ("Request", e.RequestId),
        ("Facts", e.Json),
        ("Record", string.Create(CultureInfo.InvariantCulture, $"{row.Bytes.Length} bytes")),
        ("Hash", Convert.ToHexStringLower(row.Hash())),
        ("Before it", previousHash.Length > 0 ? previousHash : "none"));

    private static string Principal(Wire.Event e)
    {
        var name = e.PrincipalName.Length > 0 ? e.PrincipalName : e.PrincipalId;
        return name.Length > 0 ? $"{e.PrincipalKind} {name}" : e.PrincipalKind;
    }
}
