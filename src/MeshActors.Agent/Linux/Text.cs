using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Text;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;

namespace MeshActors.Agent.Linux;

/// <summary>Reads the bytes that `wg` and `ip` print, without a string for each: there may be tens of thousands.</summary>
internal static class Text
{
    /// <summary><c>ADDRESS/LENGTH</c>, or a bare address as a host.</summary>
    public static bool TryPrefix(ReadOnlySpan<byte> text, out Prefix prefix)
    {
        prefix = default;
        var slash = text.IndexOf((byte)'/');
        var host = slash < 0 ? text : text[..slash];
        if (!IPAddress.TryParse(host, out var address))
        {
            return false;
        }

        var length = host.Contains((byte)':') ? 128 : 32;
        if (slash >= 0 && (!Utf8Parser.TryParse(text[(slash + 1)..], out int given, out _) || given < 0 || given > length))
        {
            return false;
        }
        else if (slash >= 0)
        {
            _ = Utf8Parser.TryParse(text[(slash + 1)..], out length, out _);
        }

        prefix = Prefix.From(address, length);
        return true;
    }

    public static bool TryKey(ReadOnlySpan<byte> text, out PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[33];
        var parsed = Base64.DecodeFromUtf8(text, bytes, out _, out var written) == OperationStatus.Done && written == PublicKey.SizeBytes;
        key = parsed ? new PublicKey(bytes[..PublicKey.SizeBytes]) : default;
        return parsed;
    }

    public static IPEndPoint? Endpoint(ReadOnlySpan<byte> text) =>
        IPEndPoint.TryParse(Encoding.ASCII.GetString(text), out var endpoint) ? endpoint : null;

    public static long Number(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out long number, out _) ? number : 0;

    /// <summary>Cuts the part before the separator off the front; all when there is none.</summary>
    public static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> rest, char separator)
    {
        var at = rest.IndexOf((byte)separator);
        var part = at < 0 ? rest : rest[..at];
        rest = at < 0 ? [] : rest[(at + 1)..];
        return part;
    }
}
