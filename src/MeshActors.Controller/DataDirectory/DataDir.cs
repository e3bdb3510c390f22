using MeshActors.Controller.Hosting;

namespace MeshActors.Controller.DataDirectory;

/// <summary>The one directory that a controller needs to be what it was. Held by one process at a time.</summary>
public sealed class DataDir : IDisposable
{
    public const string JournalFile = "mesh.db";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Enough for the first start's files: what a controller that starts on a full disk would lack.</summary>
    private const int ProbeBytes = 64 * 1024;

    private readonly FileStream _hold;

    private DataDir(string path, string? ca, FileStream hold)
    {
        Root = path;
        SharedCa = ca;
        _hold = hold;
    }

    public string Root { get; }

    /// <summary>The directory of a CA that several controllers share and none of them makes; null for an own one.</summary>
    public string? SharedCa { get; }

    public string CaCertificate => Path.Combine(SharedCa ?? Root, "ca.pem");

    public string CaKey => Path.Combine(SharedCa ?? Root, "ca.key");

    /// <summary>Certificate and key in one file, so that they are replaced together.</summary>
    public string ServerCertificate => PathOf("server.pem");

    /// <summary>Certificate and key with which this process shows itself to other controllers.</summary>
    public string PeerCertificate => PathOf("peer.pem");

    public string AdminToken => PathOf("admin.token");

    public string JoinUrl => PathOf("default.join-url");

    public string ControllerUrl => PathOf("controller.url");

    public string Journal => PathOf(JournalFile);

    /// <summary>What only a controller that has started once leaves behind.</summary>
    public IEnumerable<string> TracesOfEarlierStarts =>
        new[] { Journal, ServerCertificate, AdminToken, JoinUrl }.Where(File.Exists);

    /// <exception cref="StartException">Not writable, full, or held by another controller.</exception>
    public static DataDir Open(string path, string? ca = null)
    {
        try
        {
            System.IO.Directory.CreateDirectory(path, OwnerOnly);
            Probe(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw StartException.Host(
                $"cannot write to the data directory {path}: {fault.Message.TrimEnd('.')}. Give this user write access and free space there, or choose another with --data-dir.", fault);
        }

        return new DataDir(path, ca, Hold(path));
    }

    public void Dispose() => _hold.Dispose();

    private string PathOf(string name) => Path.Combine(Root, name);

    private static void Probe(string path)
    {
        var probe = Path.Combine(path, $".probe-{Environment.ProcessId}");
        try
        {
            using var file = new FileStream(probe, FileMode.Create, FileAccess.Write, FileShare.None);
            file.Write(new byte[ProbeBytes]);
            file.Flush(flushToDisk: true);
        }
        finally
        {
            File.Delete(probe);
        }
    }

    /// <summary>FileShare.None is an exclusive flock: the kernel lets it go when the process ends, however it ends.</summary>
    private static FileStream Hold(string path)
    {
        var file = Path.Combine(path, "controller.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw StartException.Host(
                $"another controller holds the data directory {path} (its lock is {file}). Stop that one, or choose another directory with --data-dir.", fault);
        }
    }
}
