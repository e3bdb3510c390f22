using MeshActors.Domain;

namespace MeshActors.Contracts.History;

/// <summary>An export is not as it was written.</summary>
public sealed class ExportFaultException(Refusal fault) : Exception(fault.Message)
{
    public Refusal Fault { get; } = fault;

    internal static ExportFaultException Header(string why) => Of($"This is no export of events: {why}.");

    internal static ExportFaultException BrokenOff(long lines, long revision) => new(new Refusal(RefusalCodes.ExportIncomplete,
        $"The export breaks off after line {lines}, revision {revision}: its last line, which says how many there are, is missing. Export again, or `--to {revision}` to make a whole one of what is there."));

    internal static ExportFaultException Line(long line, long before) =>
        Of($"Line {line} is none that an export has there: revision {before + 1}, or the last line, was changed, doubled or left out.");

    internal static ExportFaultException Record(long line, long revision) =>
        Of($"Revision {revision} (line {line}) does not have the hash that is beside it: its record was changed, or the hash.");

    internal static ExportFaultException Time(long line, long revision) =>
        Of($"Revision {revision} (line {line}) says another time than its record.");

    private static ExportFaultException Of(string sentence) => new(new Refusal(RefusalCodes.ExportDamaged, sentence));
}
