using MeshActors.Contracts.Mapping;

namespace MeshActors.Contracts.History;

/// <summary>The time in a record, without reading the rest of it: field 1 (int64) of the message in field 1.</summary>
internal static class RecordTime
{
    /// <summary>The calendar's ends, of the years 1 and 9999.</summary>
    public static readonly long UnixMsMin = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    public static readonly long UnixMsMax = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>0 where there is none, or the bytes are no protobuf: whoever reads the whole says so.</summary>
    public static long Read(ReadOnlySpan<byte> record)
    {
        var time = 0L;
        var fields = new WireFields(record);
        while (fields.MoveNext())
        {
            if (fields.Number != 1)
            {
                continue;
            }

            var meta = new WireFields(fields.Content);
            while (meta.MoveNext())
            {
                time = meta.Number == 1 ? meta.Value : time;
            }
        }

        return time;
    }
}
