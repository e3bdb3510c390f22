using System.Net;
using System.Net.Sockets;
using MeshActors.Domain.Organizations;

namespace MeshActors.Agent.Session;

/// <summary>The endpoints of --endpoint, with their names looked up now and then: a dynamic address changes.</summary>
internal sealed class ConfiguredEndpoints(IReadOnlyList<string> texts, TimeProvider time)
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, IReadOnlyList<Endpoint>> _known = [];
    private DateTimeOffset _lookedUp = DateTimeOffset.MinValue;

    public static bool TrySplit(string text, out string host, out ushort port)
    {
        var colon = text.LastIndexOf(':');
        host = colon > 0 ? text[..colon].Trim('[', ']') : "";
        port = 0;
        return colon > 0 && ushort.TryParse(text[(colon + 1)..], out port) && port != 0
            && (IPAddress.TryParse(host, out _) || Uri.CheckHostName(host) == UriHostNameType.Dns);
    }

    public async Task<IReadOnlyList<Endpoint>> GetAsync()
    {
        var now = time.GetUtcNow();
        if (now - _lookedUp >= Refresh)
        {
            _lookedUp = now;
            foreach (var text in texts)
            {
                await LookUpAsync(text);
            }
        }

        return [.. texts.SelectMany(text => _known.GetValueOrDefault(text) ?? [])];
    }

    private async Task LookUpAsync(string text)
    {
        _ = TrySplit(text, out var host, out var port);
        try
        {
            using var timeout = new CancellationTokenSource(LookupTimeout);
            var addresses = await Dns.GetHostAddressesAsync(host, timeout.Token);
            _known[text] = [.. addresses.Select(address => new Endpoint(EndpointKind.Configured, address, port))];
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The addresses of the last time are better than none.
            Log.Warn($"cannot look up --endpoint {text}: {e.Message}");
        }
    }
}
