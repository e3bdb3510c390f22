using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MeshActors.Benchmarks.Load.Http2;

/// <summary>HTTP/2 frames (RFC 9113) and header blocks (RFC 7541) as a client of one gRPC method needs them.</summary>
internal static class Frames
{
    public const int HeaderBytes = 9;

    /// <summary>The protocol's default, which nothing here raises.</summary>
    public const int PayloadBytesMax = 16_384;

    /// <summary>Of a gRPC message: a flag, and its length.</summary>
    public const int PrefixBytes = 5;

    public const int DefaultWindowBytes = 65_535;

    public const byte Data = 0x0;
    public const byte Headers = 0x1;
    public const byte Reset = 0x3;
    public const byte Settings = 0x4;
    public const byte Ping = 0x6;
    public const byte GoAway = 0x7;
    public const byte WindowUpdate = 0x8;

    public const byte EndStream = 0x1;
    public const byte Ack = 0x1;
    public const byte EndHeaders = 0x4;

    public const ushort HeaderTableSize = 0x1;
    public const ushort EnablePush = 0x2;
    public const ushort InitialWindowSize = 0x4;

    private const uint Cancel = 0x8;

    public static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    public static void WriteHeader(IBufferWriter<byte> to, int length, byte type, byte flags, int stream)
    {
        var frame = to.GetSpan(HeaderBytes);
        BinaryPrimitives.WriteInt32BigEndian(frame, length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame[5..], stream);
        to.Advance(HeaderBytes);
    }

    public static void WriteWindowUpdate(IBufferWriter<byte> to, int stream, int bytes)
    {
        WriteHeader(to, 4, WindowUpdate, 0, stream);
        WriteInt32(to, bytes);
    }

    public static void WriteReset(IBufferWriter<byte> to, int stream)
    {
        WriteHeader(to, 4, Reset, 0, stream);
        WriteInt32(to, (int)Cancel);
    }

    public static void WriteSettings(IBufferWriter<byte> to, params ReadOnlySpan<(ushort Id, int Value)> settings)
    {
        WriteHeader(to, settings.Length * 6, Settings, 0, 0);
        foreach (var (id, value) in settings)
        {
            var setting = to.GetSpan(6);
            BinaryPrimitives.WriteUInt16BigEndian(setting, id);
            BinaryPrimitives.WriteInt32BigEndian(setting[2..], value);
            to.Advance(6);
        }
    }

    /// <summary>A whole gRPC message in a frame of its own.</summary>
    public static void WriteMessage(IBufferWriter<byte> to, int stream, ReadOnlySpan<byte> message)
    {
        WriteHeader(to, PrefixBytes + message.Length, Data, 0, stream);
        var prefix = to.GetSpan(PrefixBytes);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], message.Length);
        to.Advance(PrefixBytes);
        to.Write(message);
    }

    /// <summary>Literals that no table keeps: this end encodes without memory, and the server needs none for it.</summary>
    public static byte[] RequestHeaders(string authority, string path, string authorization)
    {
        var block = new ArrayBufferWriter<byte>();
        block.Write<byte>([0x83, 0x87]);                        // :method POST, :scheme https
        WriteLiteral(block, 4, path);                     // :path
        WriteLiteral(block, 1, authority);                // :authority
        WriteLiteral(block, 31, "application/grpc");      // content-type
        WriteLiteral(block, 23, authorization);           // authorization
        block.Write<byte>([0x00]);
        WriteText(block, "te");
        WriteText(block, "trailers");
        return block.WrittenSpan.ToArray();
    }

    private static void WriteLiteral(ArrayBufferWriter<byte> block, int staticName, string value)
    {
        // The name's index has a prefix of four bits.
        block.Write<byte>(staticName < 15 ? [(byte)staticName] : [0x0f, (byte)(staticName - 15)]);
        WriteText(block, value);
    }

    private static void WriteText(ArrayBufferWriter<byte> block, string text)
    {
        // A length has a prefix of seven bits, then groups of seven.
        if (text.Length < 127)
        {
            block.Write<byte>([(byte)text.Length]);
        }
        else
        {
            block.Write<byte>([127]);
            var rest = text.Length - 127;
            for (; rest >= 128; rest >>= 7)
            {
                block.Write<byte>([(byte)(rest | 128)]);
            }

            block.Write<byte>([(byte)rest]);
        }

        block.Write(Encoding.ASCII.GetBytes(text));
    }

    private static void WriteInt32(IBufferWriter<byte> to, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(to.GetSpan(4), value);
        to.Advance(4);
    }
}
