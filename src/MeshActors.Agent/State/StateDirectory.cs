using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MeshActors.Agent.State;

/// <summary>The agent's directory: only its owner reads it, one agent holds it, and each file is whole at any moment.</summary>
internal sealed class StateDirectory
{
    public const string Default = "/var/lib/meshd";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock _gate = new();

    public StateDirectory(string path) => Root = Path.GetFullPath(path);

    public string Root { get; }

    public string PathOf(string file) => Path.Combine(Root, file);

    public bool Has(string file) => File.Exists(PathOf(file));

    /// <exception cref="HostCannotException">It cannot be made, or is not writable.</exception>
    public void Create()
    {
        try
        {
            Directory.CreateDirectory(Root, OwnerOnly | UnixFileMode.UserExecute);
            File.SetUnixFileMode(Root, OwnerOnly | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostCannotException($"cannot use the state directory {Root}: {e.Message} Run as root, or give another --state-dir.");
        }
    }

    /// <summary>Held until disposed, or until the process ends in whatever way. Null while another agent holds it.</summary>
    public FileStream? TryLock()
    {
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = OwnerOnly,
            };
            return new FileStream(PathOf("lock"), options);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException) && Has("lock"))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostCannotException($"cannot write in the state directory {Root}: {e.Message}");
        }
    }

    /// <exception cref="IOException">The disk is full, or the directory is read-only; the old file is as it was.</exception>
    public void Write(string file, ReadOnlySpan<byte> content, bool durable = true)
    {
        lock (_gate)
        {
            var temporary = PathOf(file + ".new");
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: durable);
            }

            File.Move(temporary, PathOf(file), overwrite: true);
        }
    }

    public void Write<T>(string file, T value, JsonTypeInfo<T> type, bool durable = true) =>
        Write(file, JsonSerializer.SerializeToUtf8Bytes(value, type), durable);

    /// <summary>Null when there is no such file.</summary>
    /// <exception cref="HostCannotException">It is broken.</exception>
    public T? Read<T>(string file, JsonTypeInfo<T> type, string remedy)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(file)), type)
                ?? throw new JsonException("it says null");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or IOException or UnauthorizedAccessException)
        {
            throw new HostCannotException($"cannot read {PathOf(file)}: {Cause(e)} {remedy}");
        }
    }

    private static string Cause(Exception e) => e is JsonException ? "it is truncated or corrupt." : e.Message;
}
