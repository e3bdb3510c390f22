using System.Collections.Immutable;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain.Maps;
using Google.Protobuf;

namespace MeshActors.Benchmarks.Load.Agents;

/// <summary>What an agent has: its map, pieces of a whole one that is under way, and how it says that it has the map.</summary>
internal sealed class MapView(MeshMap map, ImmutableList<MapChunk> pieces)
{
    public static readonly MapView Empty = new(MeshMap.Empty, []);

    public MeshMap Map { get; } = map;

    public ImmutableList<MapChunk> Pieces { get; } = pieces;

    public byte[] Acknowledgement { get; } = new AgentMessage
    {
        Applied = new Applied { Revision = map.Revision, Digest = AgentMapping.DigestToWire(map.Digest) },
    }.ToByteArray();
}

/// <param name="NewsSince">When the oldest of the changes in it was asked for; 0 when that is not known.</param>
internal sealed record MapStep(MapView Before, byte[] Message, MapView After, long NewsSince);
