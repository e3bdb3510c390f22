using System.CommandLine;
using System.Net;
using MeshActors.Agent.Session;
using MeshActors.Agent.State;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Trust;

namespace MeshActors.Agent.CommandLine;

/// <summary>Checks what the user said before anyone is asked.</summary>
internal static class SettingsReader
{
    private const ushort ListenPortDefault = 51820;
    private const string InterfaceDefault = "wg0";

    /// <summary>The kernel's limit, less its final zero.</summary>
    private const int InterfaceLengthMax = 15;

    /// <exception cref="BadInputException">With the sentence to print.</exception>
    public static Settings Read(ParseResult parsed, Options options, bool isRouter) => new(
        ReadTarget(parsed, options),
        isRouter ? ReadRouterPrefixes(parsed, options) : ReadPrefixes(Items(parsed.GetValue(options.ChildPrefix))),
        parsed.GetValue(options.Organization) ?? "",
        parsed.GetValue(options.Name),
        ReadInterface(parsed.GetValue(options.Interface)),
        ReadPort(parsed.GetValue(options.ListenPort)),
        [.. Items(parsed.GetValue(options.Endpoint)).Select(ReadEndpoint)],
        [.. Items(parsed.GetValue(options.RequestIp)).Select(ReadAddress)],
        parsed.GetValue(options.StateDir) ?? StateDirectory.Default,
        parsed.GetValue(options.Ca),
        parsed.GetValue(options.InsecureNoTls),
        parsed.GetValue(options.DryRun),
        ReadMetricsListen(parsed.GetValue(options.MetricsListen)));

    public static string ReadInterface(string? text)
    {
        var name = text ?? InterfaceDefault;
        return name.Length is > 0 and <= InterfaceLengthMax && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && name is not ("." or "..")
            ? name
            : throw new BadInputException($"--interface '{name}' is no interface name: use 1 to {InterfaceLengthMax} letters, digits, '-', '_' and '.'.");
    }

    private static Target ReadTarget(ParseResult parsed, Options options)
    {
        var texts = parsed.GetValue(options.Urls) is { Length: > 0 } given ? given : Items([Environment.GetEnvironmentVariable("MESHD_URL") ?? ""]).ToArray();
        var uris = texts.Select(text => ReadUri(text, parsed.GetValue(options.InsecureNoTls))).ToList();
        var fragments = uris.Select(uri => Uri.UnescapeDataString(uri.Fragment.TrimStart('#'))).Where(fragment => fragment.Length > 0);
        var key = parsed.GetValue(options.JoinKey)?.Trim() ?? fragments.FirstOrDefault();
        if (key is not null && !Bearer.TryParse(key, Bearer.JoinKeyKind, out _))
        {
            throw new BadInputException(
                $"{RefusalCodes.JoinKeyInvalid}: the join key is not whole: copy the URL with all that follows '#', in single quotes.");
        }

        return new Target([.. uris.Select(uri => new Uri(uri.GetLeftPart(UriPartial.Authority)))], key);
    }

    private static Uri ReadUri(string text, bool allowsPlainText)
    {
        if (text.StartsWith('-'))
        {
            throw new BadInputException($"there is no option {text.Split('=')[0]}: `meshd --help` lists them.");
        }

        // Never print the text: it may carry the join key.
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.Host.Length == 0)
        {
            throw new BadInputException("the URL is none of a controller: it looks like https://HOST:8443/#KEY. Give it in single quotes.");
        }

        return uri.Scheme == "https" || allowsPlainText
            ? uri
            : throw new BadInputException($"{uri.Authority} would be called without TLS, so that anyone on the way could be the controller: use https://, or say --insecure-no-tls.");
    }

    private static List<Prefix> ReadRouterPrefixes(ParseResult parsed, Options options)
    {
        var prefixes = ReadPrefixes(Items(parsed.GetValue(options.ChildPrefix)).Concat(Items(parsed.GetValue(options.AdvertiseCidr))));
        return prefixes.Count > 0
            ? prefixes
            : throw new BadInputException("a router announces networks: give --advertise-cidr CIDR; without any it is started as `meshd URL`.");
    }

    private static List<Prefix> ReadPrefixes(IEnumerable<string> texts)
    {
        var prefixes = new List<Prefix>();
        foreach (var text in texts)
        {
            if (ChildPrefixRules.Check(text, out var prefix) is { } refusal)
            {
                throw new BadInputException($"refused: {refusal.Code}: {refusal.Message}");
            }

            prefixes.Add(prefix);
        }

        return [.. prefixes.Distinct().Order()];
    }

    private static ushort ReadPort(string? text) =>
        text is null ? ListenPortDefault
        : ushort.TryParse(text, out var port) && port > 0 ? port
        : throw new BadInputException($"--listen-port '{text}' is no port: use 1 to 65535.");

    // What it tells names this node and its peers' state, to whoever asks.
    private static IPEndPoint? ReadMetricsListen(string? text) =>
        text is null ? null
        : IPEndPoint.TryParse(text, out var endpoint) && endpoint.Port > 0 && IPAddress.IsLoopback(endpoint.Address) ? endpoint
        : throw new BadInputException($"--metrics-listen '{text}' is no port of the loopback interface: use 127.0.0.1:9465 or [::1]:9465, and let whoever is elsewhere ask through something that knows whom it lets in.");

    private static string ReadEndpoint(string text) => ConfiguredEndpoints.TrySplit(text, out _, out _)
        ? text
        : throw new BadInputException($"--endpoint '{text}' is not HOST:PORT, as 203.0.113.7:51820, [2001:db8::7]:51820 or host.example.net:51820.");

    private static string ReadAddress(string text) => Prefix.TryParseAddress(text, out var address)
        ? address.ToString()
        : throw new BadInputException($"{RefusalCodes.AddressMalformed}: --request-ip '{text}' is no IP address.");

    private static IEnumerable<string> Items(IEnumerable<string>? values) =>
        (values ?? []).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
