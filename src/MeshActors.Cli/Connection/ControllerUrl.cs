using System.Net;
using MeshActors.Cli.Failures;

namespace MeshActors.Cli.Connection;

/// <summary>Where a controller is called, and what a machine that joins is told to call.</summary>
internal static class ControllerUrl
{
    /// <summary>Takes <c>https://HOST[:PORT]</c>; without a scheme it is https.</summary>
    public static Uri Parse(string text, bool allowsPlainText)
    {
        var withScheme = text.Contains("://", StringComparison.Ordinal) ? text : "https://" + text;
        // A join URL holds a secret: it must not be repeated in an error.
        if (withScheme.Contains('#'))
        {
            throw FailureException.BadUsage("server-malformed", "The server's URL has a '#': that is a join URL, for meshd. Give only the part before the '#'.");
        }

        if (!Uri.TryCreate(withScheme, UriKind.Absolute, out var url) || url.Host.Length == 0
            || url.Scheme is not ("https" or "http") || url.PathAndQuery != "/" || url.UserInfo.Length > 0)
        {
            throw FailureException.BadUsage("server-malformed", $"'{text}' is no controller's URL: give https://HOST:PORT.");
        }

        return url.Scheme == Uri.UriSchemeHttps || allowsPlainText
            ? url
            : throw FailureException.BadUsage("plain-text-refused",
                $"{url} would send the access token in plain text. Use https://, or say --insecure-no-tls if nobody else can listen.");
    }

    /// <summary>
    /// The URL for other machines: the one that worked for this call, unless it is of this machine only and the controller
    /// says by which address others reach it.
    /// </summary>
    /// <param name="advertised">HOST:PORT or a URL, from the controller; empty when it did not say.</param>
    public static Uri ForOthers(Uri called, string advertised)
    {
        if (!IsLoopback(called) || advertised.Length == 0)
        {
            return called;
        }

        var text = advertised.Contains("://", StringComparison.Ordinal) ? advertised : $"{called.Scheme}://{advertised}";
        return Uri.TryCreate(text, UriKind.Absolute, out var url) ? url : called;
    }

    public static string JoinUrl(Uri controller, string key) => $"{controller.GetLeftPart(UriPartial.Authority)}/#{key}";

    private static bool IsLoopback(Uri url) =>
        url.IsLoopback || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
