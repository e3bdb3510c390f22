using System.Text.Json;
using MeshActors.Domain;

namespace MeshActors.Contracts.History;

/// <param name="From">The first row's revision: 1, or the export is a part of a journal.</param>
/// <param name="Previous">The hash of the row before the first; empty for the whole.</param>
public sealed record ExportHeader(OrganizationId Organization, long From, ReadOnlyMemory<byte> Previous)
{
    /// <exception cref="ExportFaultException">The line is no header of this version.</exception>
    internal static ExportHeader Parse(ReadOnlySpan<byte> line)
    {
        var header = Read(line);
        return line.SequenceEqual(ExportFormat.Header(header.Organization.Value, header.From, header.Previous.Span))
            ? header
            : throw ExportFaultException.Header("its first line is not as an export writes it");
    }

    private static ExportHeader Read(ReadOnlySpan<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line.ToArray());
            var root = json.RootElement;
            if (root.GetProperty("format").GetString() != ExportFormat.Name)
            {
                throw ExportFaultException.Header("it is of another format");
            }

            return root.GetProperty("version").GetInt32() == ExportFormat.Version
                ? new ExportHeader(
                    OrganizationId.Parse(root.GetProperty("organization").GetString()!),
                    root.GetProperty("from").GetInt64(),
                    Convert.FromHexString(root.GetProperty("previous").GetString()!))
                : throw ExportFaultException.Header($"it is of version {root.GetProperty("version")}, and this build reads {ExportFormat.Version}; use the meshctl that wrote it, or a newer one");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw ExportFaultException.Header("its first line is no header");
        }
    }
}
