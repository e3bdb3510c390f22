namespace MeshActors.Agent;

/// <summary>One line each to stderr; journald and Docker add the time.</summary>
internal static class Log
{
    private static readonly Lock Gate = new();

    public static void Info(string message) => Write("", message);

    public static void Warn(string message) => Write("warning: ", message);

    public static void Error(string message) => Write("error: ", message);

    private static void Write(string level, string message)
    {
        lock (Gate)
        {
            Console.Error.WriteLine($"meshd: {level}{message.ReplaceLineEndings(" ")}");
        }
    }
}
