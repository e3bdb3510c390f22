using System.Buffers;
using System.IO.Compression;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;

namespace MeshActors.Contracts.Mapping;

/// <summary>Encoded MapChunks as messages, plain or compressed; and back, for who receives them.</summary>
/// <remarks>Keys and ids are half of a map and random: no packing can save more than the other half.</remarks>
public static class MapPacking
{
    /// <summary>Of a chunk: four times a chunk of nodes that have all that a node may have. A receiver makes no more room than this.</summary>
    public const int ChunkBytesMax = 4 * 1024 * 1024;

    /// <summary>The fastest quality already takes half off; most of the rest is random.</summary>
    private const int Quality = 1;

    /// <summary>256 KB: a chunk lies within it, and whoever unpacks it needs no more.</summary>
    private const int WindowBits = 18;

    public static byte[] Plain(byte[] encodedChunk)
    {
        var chunk = UnsafeByteOperations.UnsafeWrap(encodedChunk);
        var message = new byte[CodedOutputStream.ComputeTagSize(GatewayMessage.ChunkFieldNumber) + CodedOutputStream.ComputeBytesSize(chunk)];
        using var output = new CodedOutputStream(message);
        output.WriteTag(GatewayMessage.ChunkFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(chunk);
        return message;
    }

    public static byte[] Packed(byte[] encodedChunk)
    {
        var room = ArrayPool<byte>.Shared.Rent(BrotliEncoder.GetMaxCompressedLength(encodedChunk.Length));
        try
        {
            if (!BrotliEncoder.TryCompress(encodedChunk, room, out var size, Quality, WindowBits))
            {
                throw new System.Diagnostics.UnreachableException("There is room for the longest result.");
            }

            var packed = new PackedChunk { Packing = Packing.Brotli, Size = (uint)encodedChunk.Length, Chunk = ByteString.CopyFrom(room, 0, size) };
            return new GatewayMessage { Packed = packed }.ToByteArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    /// <exception cref="FormatException">What no honest gateway sends. No more memory than a chunk may have was taken.</exception>
    public static MapChunk Unpack(PackedChunk packed)
    {
        if (packed.Packing != Packing.Brotli || packed.Size > ChunkBytesMax)
        {
            throw new FormatException($"A piece of the map is packed as {packed.Packing} with {packed.Size} bytes in it, not as {Packing.Brotli} with {ChunkBytesMax} at most.");
        }

        var bytes = new byte[packed.Size];
        try
        {
            return BrotliDecoder.TryDecompress(packed.Chunk.Span, bytes, out var written) && written == bytes.Length
                ? MapChunk.Parser.ParseFrom(bytes)
                : throw new FormatException($"A packed piece of the map does not hold the {packed.Size} bytes that it says.");
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException("A packed piece of the map holds no MapChunk.", e);
        }
    }
}
