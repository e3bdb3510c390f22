namespace MeshActors.Contracts.History;

/// <summary>
/// The time in a record, without reading the rest of it: field 1 (int64) of the message in field 1. As protobuf has it,
/// fields come in any order and the last of a kind counts.
/// </summary>
internal static class RecordTime
{
    /// <summary>The calendar's ends, of the years 1 and 9999.</summary>
    public static readonly long UnixMsMin = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    public static readonly long UnixMsMax = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    /// <summary>0 where there is none, or the bytes are no protobuf: whoever reads the whole says so.</summary>
    public static long Read(ReadOnlySpan<byte> record)
    {
        var time = 0L;
        while (TryField(ref record, out var number, out _, out var content))
        {
            if (number != 1)
            {
                continue;
            }

            while (TryField(ref content, out var inner, out var value, out _))
            {
                time = inner == 1 ? value : time;
            }
        }

        return time;
    }

    private static bool TryField(scoped ref ReadOnlySpan<byte> rest, out long number, out long value, out ReadOnlySpan<byte> content)
    {
        number = value = 0;
        content = default;
        if (rest.IsEmpty || !TryVarint(ref rest, out var tag))
        {
            return false;
        }

        number = tag >> 3;
        switch (tag & 7)
        {
            case Varint:
                return TryVarint(ref rest, out value);
            case Fixed64:
                return TryTake(ref rest, 8, out content);
            case Fixed32:
                return TryTake(ref rest, 4, out content);
            case Bytes:
                return TryVarint(ref rest, out var length) && TryTake(ref rest, length, out content);
            default:
                return false;
        }
    }

    private static bool TryTake(scoped ref ReadOnlySpan<byte> rest, long length, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (length < 0 || length > rest.Length)
        {
            return false;
        }

        content = rest[..(int)length];
        rest = rest[(int)length..];
        return true;
    }

    private static bool TryVarint(scoped ref ReadOnlySpan<byte> rest, out long value)
    {
        value = 0;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            value |= (long)(rest[i] & 0x7f) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
