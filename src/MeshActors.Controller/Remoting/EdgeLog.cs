using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;
using MeshActors.Controller.Gateway;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace MeshActors.Controller.Remoting;

/// <summary>
/// What Akka says of the edge's peers, once for a peer and a cause in the window of the <see cref="RefusalLog"/>. Akka itself
/// says it with each message and each attempt.
/// </summary>
internal sealed partial class EdgeLog : ReceiveActor
{
    private const int SentenceLengthMax = 300;

    private readonly RefusalLog _refusals;
    private readonly ILogger _logger;

    public EdgeLog(RefusalLog refusals, ILogger logger)
    {
        _refusals = refusals;
        _logger = logger;
        Context.System.EventStream.Subscribe(Self, typeof(Warning));
        Context.System.EventStream.Subscribe(Self, typeof(Error));
        Receive<LogEvent>(said =>
        {
            if ($"{said.Message}" is var text && !IsAnEnd(text))
            {
                Tell(said, text);
            }
        });
    }

    public static Props Props(RefusalLog refusals, ILogger logger) => Akka.Actor.Props.Create(() => new EdgeLog(refusals, logger));

    /// <summary>An agent that has gone, as all do.</summary>
    private static bool IsAnEnd(string text) =>
        text == "Disassociated" || text.StartsWith("Association with remote system", StringComparison.Ordinal);

    private void Tell(LogEvent said, string text)
    {
        var peer = Peer().Match(said.LogSource) is { Success: true } bySource ? bySource.Groups[1].Value
            : Peer().Match(text) is { Success: true } byText ? byText.Groups[1].Value
            : "unknown";
        if (_refusals.Enter($"edge/{peer}", CauseOf(said, text)) is { } unsaid)
        {
            Dropped(_logger, peer, Sentence(text), unsaid);
        }
    }

    /// <summary>The same for every attempt: the text without what differs, and which form was refused.</summary>
    private static string CauseOf(LogEvent said, string text) =>
        text.Contains("TLS", StringComparison.Ordinal) || said.Cause?.GetBaseException() is System.Security.Authentication.AuthenticationException
            ? AgentTrust.Cause
            : Form().Match(text) is { Success: true } form ? form.Value
            : said.Message is LogMessage { Format: var template } ? template
            : Digits().Replace(text.Length > SentenceLengthMax ? text[..SentenceLengthMax] : text, "#");

    private static string Sentence(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length > SentenceLengthMax ? line[..SentenceLengthMax] : line;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The edge dropped what {Peer} sent: {Sentence} ({Unsaid} like it unsaid).")]
    private static partial void Dropped(ILogger logger, string peer, string sentence, long unsaid);

    /// <summary>An agent's host in an Akka address, plain or as part of an actor's name; or a connection's address.</summary>
    [GeneratedRegex(@"(?:@|%40)([^:%/\]]+)(?::|%3a)|->\[?(?:::ffff:)?([0-9a-f.:]+)\]?:\d+\]", RegexOptions.IgnoreCase)]
    private static partial Regex Peer();

    [GeneratedRegex(@"serializer id \[\d+\]")]
    private static partial Regex Form();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
