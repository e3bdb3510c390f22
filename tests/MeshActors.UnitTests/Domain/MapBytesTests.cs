using System.Net;
using CsCheck;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Maps;
using MeshActors.Domain.Organizations;
using Endpoint = MeshActors.Domain.Organizations.Endpoint;
using MapNode = MeshActors.Domain.Maps.MapNode;

namespace MeshActors.UnitTests.Domain;

/// <summary>A whole map on its way: the bytes are those that the generated code makes, and packing bounds who unpacks.</summary>
public sealed class MapBytesTests
{
    private static readonly Gen<Prefix> AnyPrefix = Gen.Select(Gen.Bool, Gen.Byte.Array[16], Gen.Int[0, 128], (isV6, bytes, length) =>
        isV6 ? Prefix.From(new IPAddress(bytes), length) : Prefix.From(new IPAddress(bytes.AsSpan(0, 4)), length % 33));

    private static readonly Gen<Endpoint> AnyEndpoint = Gen.Select(Gen.Int[0, 2], Gen.Bool, Gen.Byte.Array[16], Gen.Int[1, 65535], (kind, isV6, bytes, port) =>
        new Endpoint((EndpointKind)kind, isV6 ? new IPAddress(bytes) : new IPAddress(bytes.AsSpan(0, 4)), (ushort)port));

    private static readonly Gen<MapNode> AnyNode = Gen.Select(
        Gen.Byte.Array[48], Gen.String[0, 200], AnyPrefix.Array[0, 3], AnyPrefix.Array[0, 64], AnyEndpoint.Array[0, 8],
        (random, name, addresses, prefixes, endpoints) => new MapNode(
            NodeId.FromBytes(random.AsSpan(0, 16)), name, new PublicKey(random.AsSpan(16)),
            addresses.ToValueList(), prefixes.ToValueList(), endpoints.ToValueList()));

    private static readonly Gen<MeshMap> AnyMap = Gen.Select(Gen.Long[0, long.MaxValue], AnyNode.Array[0, 20], (revision, nodes) =>
        MeshMap.From(revision, nodes.DistinctBy(node => node.Id)));

    [Fact]
    public void A_map_is_encoded_as_the_generated_code_does() =>
        AnyMap.Sample(map => Assert.Equal(
            map.ToChunks(MapEncoding.ChunkNodesMax).Select(chunk => chunk.ToByteArray()), map.ToEncodedChunks()));

    [Fact]
    public void A_large_map_comes_in_chunks_of_a_bounded_size()
    {
        var map = Large(nodes: 1_001);
        var chunks = map.ToEncodedChunks().ToList();
        Assert.Equal(map.ToChunks(MapEncoding.ChunkNodesMax).Select(chunk => chunk.ToByteArray()), chunks);
        Assert.Equal([500, 500, 1], chunks.Select(chunk => MapChunk.Parser.ParseFrom(chunk).Nodes.Count));
    }

    [Fact]
    public void A_map_comes_whole_out_of_its_packed_chunks_and_of_its_plain_ones() =>
        AnyMap.Sample(map =>
        {
            var (packed, plain) = (new MapAssembly(MeshMap.Empty), new MapAssembly(MeshMap.Empty));
            foreach (var chunk in map.ToEncodedChunks())
            {
                packed.Add(GatewayMessage.Parser.ParseFrom(MapPacking.Packed(chunk)).Packed);
                plain.Add(GatewayMessage.Parser.ParseFrom(MapPacking.Plain(chunk)).Chunk);
            }

            Assert.Equal((map.Revision, map.Digest), (packed.Map.Revision, packed.Map.Digest));
            Assert.Equal(map.Nodes.AsEnumerable(), packed.Map.Nodes.AsEnumerable());
            Assert.Equal(map.Nodes.AsEnumerable(), plain.Map.Nodes.AsEnumerable());
        });

    [Fact]
    public void A_map_of_the_most_nodes_takes_less_than_a_megabyte_on_the_way()
    {
        var messages = Large(Limits.NodesMax).ToEncodedChunks().Select(MapPacking.Packed).ToList();
        Assert.InRange(messages.Sum(message => message.Length), 480_000, 1_000_000);
        Assert.All(messages, message => Assert.InRange(message.Length, 1, 64 * 1024));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(MapPacking.ChunkBytesMax)]
    [InlineData(int.MaxValue)]
    public void A_packed_chunk_that_lies_about_its_size_is_refused(int more)
    {
        var packed = GatewayMessage.Parser.ParseFrom(MapPacking.Packed(Large(10).ToEncodedChunks().Single())).Packed;
        packed.Size = (uint)(packed.Size + more);
        Assert.Throws<FormatException>(() => MapPacking.Unpack(packed));
    }

    [Fact]
    public void A_packed_chunk_of_rubbish_or_of_an_unknown_packing_is_refused()
    {
        var rubbish = new PackedChunk { Packing = Packing.Brotli, Size = 100, Chunk = ByteString.CopyFrom(new byte[50]) };
        Assert.Throws<FormatException>(() => MapPacking.Unpack(rubbish));
        var noChunk = GatewayMessage.Parser.ParseFrom(MapPacking.Packed([0xff, 0xff, 0xff])).Packed;
        Assert.Throws<FormatException>(() => MapPacking.Unpack(noChunk));
        var unknown = GatewayMessage.Parser.ParseFrom(MapPacking.Packed([])).Packed;
        unknown.Packing = (Packing)7;
        Assert.Throws<FormatException>(() => MapPacking.Unpack(unknown));
    }

    [Fact]
    public void A_gateway_that_never_ends_its_map_does_not_fill_the_memory()
    {
        // Small on the wire: 30,000 nodes that are all the same.
        var nodes = Enumerable.Repeat(Large(1).Nodes.Values.Single().ToWire(), 30_000);
        var packed = GatewayMessage.Parser.ParseFrom(MapPacking.Packed(new MapChunk { Revision = 1, Nodes = { nodes } }.ToByteArray())).Packed;
        var assembly = new MapAssembly(MeshMap.Empty);
        for (var i = 0; i < 3; i++)
        {
            assembly.Add(packed);
        }

        Assert.Throws<MapMismatchException>(() => assembly.Add(packed));
    }

    private static MeshMap Large(int nodes)
    {
        var random = new Random(1);
        return MeshMap.From(nodes + 2, Enumerable.Range(0, nodes).Select(i =>
        {
            var bytes = new byte[56];
            random.NextBytes(bytes);
            return new MapNode(
                NodeId.FromBytes(bytes.AsSpan(0, 16)), $"node-{i}", new PublicKey(bytes.AsSpan(16, 32)),
                [Prefix.Host(new IPAddress([100, 64, (byte)(i >> 8), (byte)i])), Prefix.Host(IPAddress.Parse($"fd12:3456:789a::{i + 1:x}"))],
                i % 4 == 0 ? [Prefix.From(new IPAddress([172, (byte)(16 + (i >> 12)), (byte)(i >> 4), 0]), 24)] : [],
                [new Endpoint(EndpointKind.Local, new IPAddress(bytes.AsSpan(48, 4)), 51820), new Endpoint(EndpointKind.Observed, new IPAddress(bytes.AsSpan(52, 4)), 51820)]);
        }));
    }
}
