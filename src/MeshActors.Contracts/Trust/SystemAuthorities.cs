using System.Runtime.InteropServices;

namespace MeshActors.Contracts.Trust;

/// <summary>The CAs that the system trusts. The runtime reads all of them at the first connection, also when none is asked for.</summary>
public static partial class SystemAuthorities
{
    /// <summary>No file and no directory: OpenSSL reads where these name, and nothing is there.</summary>
    private const string Nothing = "/dev/null";

    /// <summary>
    /// For a process that knows its controller otherwise: a hundred files, most of a short command's time, and memory for as
    /// long as the process lives. Before its first connection.
    /// </summary>
    /// <remarks>OpenSSL looks in the C library's environment, which the runtime's own methods do not change.</remarks>
    public static void LeaveUnread()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetEnvironment("SSL_CERT_FILE", Nothing, overwrite: 1);
            _ = SetEnvironment("SSL_CERT_DIR", Nothing, overwrite: 1);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
