using System.Text.Json;
using Google.Protobuf;
using MeshActors.Contracts.Agent.V1;
using MeshActors.Contracts.Mapping;
using MeshActors.Contracts.Sessions;
using MeshActors.Domain.Maps;
using MeshActors.Remoting;

namespace MeshActors.Follower;

/// <summary>The directory of one follower: its identity, and the last map. Readable by its owner only; each file is whole at any moment.</summary>
internal sealed class FollowerState(string directory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string IdentityFile => Path.Combine(directory, "identity.json");

    private string MapFile => Path.Combine(directory, "map.pb");

    /// <summary>Null where there is none.</summary>
    /// <exception cref="FatalException">It is broken: it is never replaced silently.</exception>
    public NodeIdentity? ReadIdentity()
    {
        try
        {
            return JsonSerializer.Deserialize<Stored>(File.ReadAllBytes(IdentityFile))?.ToIdentity();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new FatalException(ExitStatus.HostCannot, $"cannot read {IdentityFile}: it is damaged or not this user's. Restore it, or give another --state-dir to join as a new node.");
        }
    }

    public void Write(NodeIdentity identity) => Write(IdentityFile, JsonSerializer.SerializeToUtf8Bytes(Stored.Of(identity)));

    /// <summary>The empty map where there is none, or a broken one: the controller sends it again.</summary>
    public MeshMap ReadMap()
    {
        try
        {
            var assembly = new MapAssembly(MeshMap.Empty);
            assembly.Add(MapChunk.Parser.ParseFrom(File.ReadAllBytes(MapFile)));
            return assembly.Map;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or MapMismatchException)
        {
            return MeshMap.Empty;
        }
    }

    public void Write(MeshMap map) => Write(MapFile, map.ToChunks(chunkNodesMax: int.MaxValue).Single().ToByteArray());

    private void Write(string file, byte[] content)
    {
        try
        {
            Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
            using (var stream = new FileStream(file + ".new", options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(file + ".new", file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FatalException(ExitStatus.HostCannot, $"cannot write {file}: {e.Message.TrimEnd('.')}. Free space there, or give another --state-dir.");
        }
    }

    private sealed record Stored(string Name, string PrivateKey, string CredentialSecret, string? Organization, string? NodeId)
    {
        public static Stored Of(NodeIdentity identity) => new(
            identity.Name, Convert.ToBase64String(identity.PrivateKey.Span), identity.CredentialSecret, identity.Organization, identity.NodeId);

        public NodeIdentity ToIdentity() =>
            new(Name, Convert.FromBase64String(PrivateKey), CredentialSecret) { Organization = Organization, NodeId = NodeId };

        /// <summary>Without its secrets.</summary>
        public override string ToString() => Name;
    }
}
