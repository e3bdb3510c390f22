namespace MeshActors.Agent.Session;

/// <summary>Tells of the connection when it changes, and not of every attempt.</summary>
internal static class ConnectionLog
{
    private static string _told = "";

    public static void Tell(Uri server, bool connected, string? problem)
    {
        var message = connected ? $"connected to {server.Authority}." : $"not connected to {server.Authority}: {problem}";
        if (Interlocked.Exchange(ref _told, message) == message)
        {
            return;
        }

        if (connected)
        {
            Log.Info(message);
        }
        else
        {
            Log.Warn($"{message} The mesh stays up; trying again.");
        }
    }
}
