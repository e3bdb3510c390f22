namespace MeshActors.Follower;

/// <summary>As meshd's. Part of the contract.</summary>
internal static class ExitStatus
{
    public const int Stopped = 0;
    public const int BadInput = 2;
    public const int Refused = 3;
    public const int HostCannot = 4;
}

/// <summary>Ends the process with a sentence and a status.</summary>
internal sealed class FatalException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}
