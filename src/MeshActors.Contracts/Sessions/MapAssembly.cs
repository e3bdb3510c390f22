using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain.Maps;
using MapNode = MeshActors.Domain.Maps.MapNode;

namespace MeshActors.Contracts.Sessions;

/// <summary>What came does not fit the map that is here: a whole one is needed.</summary>
public sealed class MapMismatchException(string message) : Exception(message);

/// <summary>Builds the map from the pieces and differences that the controller sends, and checks each digest.</summary>
public sealed class MapAssembly(MeshMap map)
{
    private readonly List<MapNode> _pieces = [];

    public MeshMap Map { get; private set; } = map;

    /// <returns>True when the map is a whole new one.</returns>
    /// <exception cref="MapMismatchException">The digests differ.</exception>
    public bool Add(MapChunk chunk)
    {
        _pieces.AddRange(chunk.Nodes.Select(AgentMapping.ToDomain));
        if (!chunk.Last)
        {
            return false;
        }

        var whole = MeshMap.From(chunk.Revision, _pieces);
        _pieces.Clear();
        Map = whole.Digest == chunk.Digest.ToDigest()
            ? whole
            : throw new MapMismatchException($"the map of revision {chunk.Revision} does not have its digest");
        return true;
    }

    /// <exception cref="MapMismatchException">It does not follow on the map that is here.</exception>
    public void Add(Delta delta) => Map = Map.Apply(delta.ToDomain())
        ?? throw new MapMismatchException($"the change from revision {delta.FromRevision} to {delta.Revision} does not fit the map of revision {Map.Revision}");
}
