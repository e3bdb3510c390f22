using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using MeshActors.Cluster.Hosting;
using MeshActors.Domain;

namespace MeshActors.Controller.CommandLine;

/// <summary>Texts of the command line and of the environment, read once. A fault names its option.</summary>
internal static class OptionParsers
{
    public static string Variable(string name) => "MESH_CONTROLLER_" + name;

    public static string? FromEnvironment(string name) =>
        Environment.GetEnvironmentVariable(Variable(name)) is { Length: > 0 } text ? text : null;

    public static string[] ListFromEnvironment(string name) => Split(FromEnvironment(name) ?? "");

    public static IEnumerable<string> Texts(ArgumentResult result) => result.Tokens.SelectMany(token => Split(token.Value));

    public static IPEndPoint? EndPoint(ArgumentResult result, string option, string text)
    {
        var split = text.LastIndexOf(':');
        var host = split < 0 ? "" : text[..split].Trim('[', ']');
        if (host.Length > 0 && IPAddress.TryParse(host, out var address) && HostAndPort.TryParsePort(text[(split + 1)..], out var port))
        {
            return new IPEndPoint(address, port);
        }

        result.AddError($"{option} '{text}' is no ADDR:PORT; write it as 0.0.0.0:8443 or [::1]:8443, with a port of 1 to 65535.");
        return null;
    }

    public static Uri? Url(ArgumentResult result, string option, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        {
            return url;
        }

        result.AddError($"{option} '{text}' is no URL; write it as http://127.0.0.1:4317.");
        return null;
    }

    public static double Part(ArgumentResult result, string option, string text)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var part) && part is >= 0 and <= 1)
        {
            return part;
        }

        result.AddError($"{option} '{text}' is no part; write 0.01 for one of a hundred, 0 for none, 1 for all.");
        return 0;
    }

    public static LogFormat Format(ArgumentResult result, string option, string text)
    {
        if (text is "text" or "json")
        {
            return text == "json" ? LogFormat.Json : LogFormat.Text;
        }

        result.AddError($"{option} '{text}' is none; there are text and json.");
        return LogFormat.Text;
    }

    public static ValueList<HostAndPort> Hosts(ArgumentResult result, string option, IEnumerable<string> texts)
    {
        var hosts = new List<HostAndPort>();
        foreach (var text in texts)
        {
            if (HostAndPort.TryParse(text, out var host))
            {
                hosts.Add(host);
            }
            else
            {
                result.AddError($"{option} '{text}' is no HOST[:PORT]; write a DNS name or an address, as mesh.example.org or [2001:db8::1]:8443.");
            }
        }

        return hosts.ToValueList();
    }

    public static ValueList<string> Files(ArgumentResult result, string option, IEnumerable<string> texts)
    {
        var files = texts.Select(Path.GetFullPath).ToValueList();
        foreach (var file in files.Where(file => !File.Exists(file)))
        {
            result.AddError($"{option} '{file}' does not exist.");
        }

        return files;
    }

    public static ValueList<string> Roles(ArgumentResult result, IEnumerable<string> texts)
    {
        var roles = texts.Distinct().ToValueList();
        foreach (var role in roles.Where(role => role is not (ClusterRoles.Controller or ClusterRoles.Gateway)))
        {
            result.AddError($"--role '{role}' is none; there are {ClusterRoles.Controller} (hosts organizations) and {ClusterRoles.Gateway} (serves agents and operators).");
        }

        return roles;
    }

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
