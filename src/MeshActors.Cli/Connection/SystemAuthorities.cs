namespace MeshActors.Cli.Connection;

/// <summary>The CAs that the system trusts. The runtime reads all of them at the first connection, also when none is asked for.</summary>
internal static class SystemAuthorities
{
    /// <summary>No file and no directory: it reads where these name, and nothing is there.</summary>
    private const string Nothing = "/dev/null";

    /// <summary>For a process that knows its controller otherwise: reading them would take most of a short command's time.</summary>
    public static void LeaveUnread()
    {
        Environment.SetEnvironmentVariable("SSL_CERT_FILE", Nothing);
        Environment.SetEnvironmentVariable("SSL_CERT_DIR", Nothing);
    }
}
