namespace MeshActors.Agent;

/// <summary>What meshd says to whoever started it. Part of the contract.</summary>
internal static class ExitStatus
{
    public const int Stopped = 0;
    public const int BadInput = 2;
    public const int Refused = 3;
    public const int HostCannot = 4;
}

/// <summary>Ends the process with a sentence and a status.</summary>
internal class FatalException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}

/// <summary>The host cannot do it: no rights, no WireGuard, a port in use, a broken state file.</summary>
internal sealed class HostCannotException(string message) : FatalException(ExitStatus.HostCannot, message);

internal sealed class BadInputException(string message) : FatalException(ExitStatus.BadInput, message);

/// <summary>The controller says no; asking again the same way is no use.</summary>
internal sealed class RefusedException(string code, string message) : FatalException(ExitStatus.Refused, $"refused: {code}: {message}")
{
    public string Code { get; } = code;
}
