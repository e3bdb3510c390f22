using MeshActors.Contracts.Agent.V1;
using MeshActors.Domain;

namespace MeshActors.Contracts.Sessions;

/// <summary>Tells a no from a not now.</summary>
public static class Answers
{
    /// <summary>True for what passes by itself.</summary>
    public static bool IsPassing(string code) => code is RefusalCodes.Unavailable or RefusalCodes.Overloaded;

    /// <exception cref="ControllerRefusedException">It is a no.</exception>
    public static void ThrowIfFinal(Refused refused)
    {
        if (!IsPassing(refused.Code))
        {
            throw new ControllerRefusedException(refused.Code, refused.Message);
        }
    }

    /// <exception cref="ControllerRefusedException">It is a no.</exception>
    public static void ThrowIfFinal(GoAway goAway)
    {
        if (goAway.Final)
        {
            throw new ControllerRefusedException(goAway.Reason?.Code ?? "", goAway.Reason?.Message ?? "The controller says no.");
        }
    }
}
