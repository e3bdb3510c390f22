using System.Runtime.InteropServices;

namespace MeshActors.Agent.Linux;

internal static partial class Processes
{
    private const int Terminate = 15;

    /// <summary>Asks it to stop; false when it is gone.</summary>
    public static bool Stop(int pid) => Kill(pid, Terminate) == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
