using Google.Protobuf;
using MeshActors.Agent.State;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain.Maps;

namespace MeshActors.Agent.Session;

/// <summary>The last map, for a start while no controller answers. Losing it costs one transfer, never the mesh.</summary>
internal static class MapCache
{
    public const string File = "map.pb";

    /// <returns>The empty map when there is none, or a broken one.</returns>
    public static MeshMap Read(StateDirectory state)
    {
        if (!state.Has(File))
        {
            return MeshMap.Empty;
        }

        try
        {
            var assembly = new MapAssembly(MeshMap.Empty);
            assembly.Add(MapChunk.Parser.ParseFrom(System.IO.File.ReadAllBytes(state.PathOf(File))));
            return assembly.Map;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or FormatException or MapMismatchException or IOException or UnauthorizedAccessException)
        {
            Log.Warn($"ignoring {state.PathOf(File)}, which is truncated or corrupt: {e.Message} The controller sends a new map.");
            return MeshMap.Empty;
        }
    }

    /// <returns>Its bytes.</returns>
    public static int Write(StateDirectory state, MeshMap map)
    {
        var bytes = map.ToChunks(chunkNodesMax: int.MaxValue).Single().ToByteArray();
        try
        {
            state.Write(File, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Warn($"cannot write {state.PathOf(File)}: {e.Message} The mesh works; a restart without a controller would start from an older map.");
        }

        return bytes.Length;
    }
}
