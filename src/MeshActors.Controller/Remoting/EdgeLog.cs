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

    private const string Handshake = "handshake";

    private const string NoCertificate = "no certificate";

    private readonly RefusalLog _refusals;
    private readonly ILogger _logger;

    public EdgeLog(RefusalLog refusals, ILogger logger)
    {
        _refusals = refusals;
        _logger = logger;
        Context.System.EventStream.Subscribe(Self, typeof(Warning));
        Context.System.EventStream.Subscribe(Self, typeof(Error));
        Receive<LogEvent>(said => Hear(said.LogSource, $"{said.Message}".ReplaceLineEndings(" ")));
    }

    public static Props Props(RefusalLog refusals, ILogger logger) => Akka.Actor.Props.Create(() => new EdgeLog(refusals, logger));

    private void Hear(string source, string text)
    {
        // An agent that has gone, as all do; and what was said already, of a handshake or of the certificate in it.
        if (text == "Disassociated"
            || text.StartsWith("Association with remote system", StringComparison.Ordinal)
            || text.StartsWith("Rejected incoming connection", StringComparison.Ordinal)
            || text.Contains("RemoteCertificateValidationCallback", StringComparison.Ordinal))
        {
            return;
        }

        var peer = Agent().Match(source) is { Success: true } bySource ? bySource.Groups[1].Value
            : Connection().Match(text) is { Success: true } byText ? byText.Groups[1].Value
            : null;
        var form = Form().Match(text);
        if (peer is null && form.Success)
        {
            // Akka's manager says again what its reader, who knows of whom, has said.
            return;
        }

        Tell(peer ?? "unknown", form.Success ? form.Groups[1].Value : CauseOf(text), text);
    }

    private void Tell(string peer, string cause, string text)
    {
        if (_refusals.Enter(Doors.Edge, peer, CodeOf(cause), cause) is { } unsaid)
        {
            Dropped(_logger, peer, text.Length > SentenceLengthMax ? text[..SentenceLengthMax] : text, unsaid);
        }
    }

    /// <summary>The same for every attempt: the text without its numbers.</summary>
    private static string CauseOf(string text) =>
        text.Contains("did not provide a certificate", StringComparison.Ordinal) ? NoCertificate
        : text.Contains("TLS handshake", StringComparison.Ordinal) ? Handshake
        : Digits().Replace(text.Length > SentenceLengthMax ? text[..SentenceLengthMax] : text, "#");

    /// <summary>A closed list, for counting.</summary>
    private static string CodeOf(string cause) => cause switch
    {
        NoCertificate => "certificate",
        Handshake => "handshake",
        _ => "message",
    };

    [LoggerMessage(EventId = 2303, Level = LogLevel.Warning, Message = "The edge dropped what {Peer} sent: {Sentence} ({Unsaid} like it unsaid).")]
    private static partial void Dropped(ILogger logger, string peer, string sentence, long unsaid);

    /// <summary>The agent's host in the name of the actor that serves its connection.</summary>
    [GeneratedRegex("%40([^%/]+)%3a", RegexOptions.IgnoreCase | RegexOptions.RightToLeft)]
    private static partial Regex Agent();

    /// <summary>The address in what Akka says of a connection.</summary>
    [GeneratedRegex(@"(?:from |->)\[*(?:::ffff:)?([0-9a-z.:-]+?)\]?:\d+\b", RegexOptions.IgnoreCase)]
    private static partial Regex Connection();

    /// <summary>The number of a serializer, in Akka's words or in ours.</summary>
    [GeneratedRegex(@"(?:serializer id \[|The form )(\d+)")]
    private static partial Regex Form();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
