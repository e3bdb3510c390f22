namespace MeshActors.Controller.Hosting;

internal static class ExitStatus
{
    public const int Stopped = 0;
    public const int BadUsage = 2;
    public const int HostCannot = 4;
}

/// <summary>The controller cannot start. The message names the object and the remedy.</summary>
public sealed class StartException(int exitStatus, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitStatus { get; } = exitStatus;

    public static StartException Host(string message, Exception? inner = null) => new(Hosting.ExitStatus.HostCannot, message, inner);

    public static StartException Input(string message, Exception? inner = null) => new(Hosting.ExitStatus.BadUsage, message, inner);
}
