using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Maps;
using MapNode = MeshActors.Domain.Maps.MapNode;

namespace MeshActors.Contracts.Sessions;

/// <summary>What came does not fit the map that is here: a whole one is needed.</summary>
public sealed class MapMismatchException(string message) : Exception(message);

/// <summary>Builds the map from the pieces and differences that the controller sends, and checks each digest.</summary>
public sealed class MapAssembly(MeshMap map)
{
    /// <summary>Of a map's pieces: three times the most that nodes may have, and no gateway fills an agent's memory.</summary>
    public const int BytesMax = 64 * 1024 * 1024;

    private readonly List<MapNode> _pieces = [];
    private long _bytes;

    public MeshMap Map { get; private set; } = map;

    /// <returns>True when the map is a whole new one.</returns>
    /// <exception cref="MapMismatchException">The digests differ.</exception>
    public bool Add(MapChunk chunk)
    {
        _bytes += chunk.CalculateSize();
        if (_bytes > BytesMax || _pieces.Count + chunk.Nodes.Count > Limits.NodesEverMax)
        {
            throw new MapMismatchException($"the map of revision {chunk.Revision} has more than {Limits.NodesEverMax} nodes or {BytesMax} bytes");
        }

        _pieces.AddRange(chunk.Nodes.Select(AgentMapping.ToDomain));
        if (!chunk.Last)
        {
            return false;
        }

        var whole = MeshMap.From(chunk.Revision, _pieces);
        _pieces.Clear();
        _bytes = 0;
        Map = whole.Digest == chunk.Digest.ToDigest()
            ? whole
            : throw new MapMismatchException($"the map of revision {chunk.Revision} does not have its digest");
        return true;
    }

    /// <returns>True when the map is a whole new one.</returns>
    /// <exception cref="FormatException">It is not what it says.</exception>
    /// <exception cref="MapMismatchException">The digests differ.</exception>
    public bool Add(PackedChunk packed) => Add(MapPacking.Unpack(packed));

    /// <exception cref="MapMismatchException">It does not follow on the map that is here.</exception>
    public void Add(Delta delta) => Map = Map.Apply(delta.ToDomain())
        ?? throw new MapMismatchException($"the change from revision {delta.FromRevision} to {delta.Revision} does not fit the map of revision {Map.Revision}");
}
