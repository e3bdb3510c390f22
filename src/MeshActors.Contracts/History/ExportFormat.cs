using System.Buffers.Text;
using System.Text;

namespace MeshActors.Contracts.History;

/// <summary>
/// The lines of an export: a header, a row each, a footer. Each is JSON, and each has one form alone: a reader compares
/// byte for byte, so that no changed byte goes unseen.
/// </summary>
/// <remarks>
/// <code>
/// {"format":"meshactors.events","version":1,"organization":"acme","from":1,"previous":""}
/// {"revision":1,"time":"2026-11-22T12:00:00.000Z","manifest":"org.created.v1","record":"BASE64","hash":"HEX"}
/// {"events":1,"to":1,"hash":"HEX","header":"HEX"}
/// </code>
/// record: the stored protobuf bytes. hash: their SHA-256, which the next record carries in its meta.previous_hash.
/// previous: the hash of the row before the first. The footer has the last row's hash, and that of the header's line.
/// </remarks>
internal static class ExportFormat
{
    public const string Name = "meshactors.events";

    public const int Version = 1;

    /// <summary>A record has some 10 KB at most; a line that is longer than this is no line of an export.</summary>
    public const int LineBytesMax = 256 * 1024;

    public const int TimeLength = 24;

    public static byte[] Header(string organization, long from, ReadOnlySpan<byte> previous) => Encoding.UTF8.GetBytes(
        $"{{\"format\":\"{Name}\",\"version\":{Version},\"organization\":\"{organization}\",\"from\":{from},\"previous\":\"{Convert.ToHexStringLower(previous)}\"}}\n");

    public static byte[] Footer(long events, long to, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> headerHash) => Encoding.UTF8.GetBytes(
        $"{{\"events\":{events},\"to\":{to},\"hash\":\"{Convert.ToHexStringLower(hash)}\",\"header\":\"{Convert.ToHexStringLower(headerHash)}\"}}\n");

    public static int RowBytesMax(in JournalRow row) =>
        192 + row.Manifest.Length + Base64.GetMaxEncodedToUtf8Length(row.Bytes.Length);

    /// <summary>Writes the row's line, and gives its length.</summary>
    public static int WriteRow(Span<byte> line, in JournalRow row, ReadOnlySpan<byte> hash)
    {
        var rest = line;
        Put(ref rest, RevisionKey);
        Utf8Formatter.TryFormat(row.Revision, rest, out var digits);
        rest = rest[digits..];
        Put(ref rest, TimeKey);
        WriteTime(rest, RecordTime.Read(row.Bytes.Span));
        rest = rest[TimeLength..];
        Put(ref rest, ManifestKey);
        rest = rest[Encoding.ASCII.GetBytes(row.Manifest, rest)..];
        Put(ref rest, RecordKey);
        Base64.EncodeToUtf8(row.Bytes.Span, rest, out _, out var encoded);
        rest = rest[encoded..];
        Put(ref rest, HashKey);
        Convert.TryToHexStringLower(hash, rest, out var hex);
        rest = rest[hex..];
        Put(ref rest, RowEnd);
        return line.Length - rest.Length;
    }

    public static ReadOnlySpan<byte> RevisionKey => "{\"revision\":"u8;

    public static ReadOnlySpan<byte> TimeKey => ",\"time\":\""u8;

    public static ReadOnlySpan<byte> ManifestKey => "\",\"manifest\":\""u8;

    public static ReadOnlySpan<byte> RecordKey => "\",\"record\":\""u8;

    public static ReadOnlySpan<byte> HashKey => "\",\"hash\":\""u8;

    public static ReadOnlySpan<byte> RowEnd => "\"}\n"u8;

    /// <summary>A manifest stands in a line as it is: of characters that JSON does not escape.</summary>
    public static bool IsManifest(string text) =>
        text.Length is > 0 and <= 100 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-');

    /// <summary>UTC with milliseconds, as 2026-11-22T12:00:00.000Z.</summary>
    public static void WriteTime(Span<byte> text, long unixMs)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMs, RecordTime.UnixMsMin, RecordTime.UnixMsMax)).UtcDateTime;
        time.Deconstruct(out int year, out int month, out int day);
        "0000-00-00T00:00:00.000Z"u8.CopyTo(text);
        Digits(text[..4], year);
        Digits(text[5..7], month);
        Digits(text[8..10], day);
        Digits(text[11..13], time.Hour);
        Digits(text[14..16], time.Minute);
        Digits(text[17..19], time.Second);
        Digits(text[20..23], time.Millisecond);
    }

    private static void Digits(Span<byte> text, int number)
    {
        for (var i = text.Length - 1; i >= 0; i--)
        {
            text[i] = (byte)('0' + (number % 10));
            number /= 10;
        }
    }

    private static void Put(ref Span<byte> rest, ReadOnlySpan<byte> text)
    {
        text.CopyTo(rest);
        rest = rest[text.Length..];
    }
}
