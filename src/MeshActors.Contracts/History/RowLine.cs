using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;

namespace MeshActors.Contracts.History;

/// <summary>The one form that a row's line has, read by its places.</summary>
internal static class RowLine
{
    private const int HashLength = 64;

    /// <summary>There are some tens of manifests; a file of made-up ones must not fill the memory.</summary>
    private const int ManifestsMax = 1_000;

    private static readonly SearchValues<byte> ManifestBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-"u8);
    private static readonly ConcurrentDictionary<int, string> Manifests = new();

    /// <param name="time">As the line says it.</param>
    /// <param name="hash">As the line says it, in hexadecimal.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out JournalRow row, out ReadOnlySpan<byte> time, out ReadOnlySpan<byte> hash)
    {
        row = default;
        time = hash = default;
        var rest = line;
        if (!Skip(ref rest, ExportFormat.RevisionKey) || !TryNumber(ref rest, out var revision)
            || !Skip(ref rest, ExportFormat.TimeKey) || !Take(ref rest, ExportFormat.TimeLength, out time)
            || !Skip(ref rest, ExportFormat.ManifestKey) || !TakeText(ref rest, out var manifest) || manifest.ContainsAnyExcept(ManifestBytes)
            || !Skip(ref rest, ExportFormat.RecordKey) || !TakeText(ref rest, out var record) || !TryDecode(record, out var bytes)
            || !Skip(ref rest, ExportFormat.HashKey) || !Take(ref rest, HashLength, out hash)
            || !rest.SequenceEqual(ExportFormat.RowEnd))
        {
            return false;
        }

        row = new JournalRow(revision, TextOf(manifest), bytes);
        return true;
    }

    private static bool Skip(scoped ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> text)
    {
        if (!rest.StartsWith(text))
        {
            return false;
        }

        rest = rest[text.Length..];
        return true;
    }

    private static bool Take(scoped ref ReadOnlySpan<byte> rest, int length, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (rest.Length < length)
        {
            return false;
        }

        text = rest[..length];
        rest = rest[length..];
        return true;
    }

    private static bool TakeText(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        text = default;
        return rest.IndexOf((byte)'"') is > 0 and var end && Take(ref rest, end, out text);
    }

    private static bool TryNumber(scoped ref ReadOnlySpan<byte> rest, out long number)
    {
        // No sign, no leading zero: one form alone.
        if (rest.IsEmpty || rest[0] is < (byte)'1' or > (byte)'9' || !Utf8Parser.TryParse(rest, out number, out var length))
        {
            number = 0;
            return false;
        }

        rest = rest[length..];
        return true;
    }

    // The decoder overlooks blanks and spare bits at the end: what it made must give the same text again.
    private static bool TryDecode(ReadOnlySpan<byte> text, out byte[] bytes)
    {
        bytes = [];
        var rented = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            if (Base64.DecodeFromUtf8(text, rented, out _, out var length) != OperationStatus.Done)
            {
                return false;
            }

            bytes = rented.AsSpan(0, length).ToArray();
            return Base64.EncodeToUtf8(bytes, rented, out _, out var encoded) == OperationStatus.Done && text.SequenceEqual(rented.AsSpan(0, encoded));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static string TextOf(ReadOnlySpan<byte> manifest)
    {
        var hash = new HashCode();
        hash.AddBytes(manifest);
        var key = hash.ToHashCode();
        if (Manifests.TryGetValue(key, out var known) && Ascii.Equals(manifest, known))
        {
            return known;
        }

        var text = Encoding.ASCII.GetString(manifest);
        if (Manifests.Count < ManifestsMax)
        {
            Manifests[key] = text;
        }

        return text;
    }
}
