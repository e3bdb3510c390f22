using System.Text;

namespace MeshActors.Cli.Output;

/// <summary>
/// Names, descriptions and warnings come from other machines: none of their characters may steer a person's terminal.
/// </summary>
internal static class Plain
{
    public static string OneLine(string text)
    {
        if (text.All(c => !Steers(c)))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            plain.Append(c is '\n' or '\t' or '\r' ? ' ' : Steers(c) ? '?' : c);
        }

        return plain.ToString();
    }

    /// <summary>Control characters, line separators, and the marks that turn the reading direction around.</summary>
    private static bool Steers(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
