using MeshActors.Domain;
using MeshActors.Domain.DataPlane;
using MeshActors.Domain.Ipam;

namespace MeshActors.Agent.Linux;

/// <summary>Reads and sets a WireGuard device by `wg`, in the kernel or in userspace alike.</summary>
internal static class WireGuard
{
    /// <summary>About 75 KB of arguments: far under the 2 MB that a process may be given.</summary>
    private const int PeersPerCallMax = 500;

    public static async Task<ObservedDevice> ReadAsync(LinkState link)
    {
        var result = (await Command.RunAsync(["wg", "show", link.Name, "dump"])).OrThrow();
        try
        {
            return Parse(result.Output.Span, link.IsUp, link.Mtu);
        }
        finally
        {
            // Its first line has the private key.
            result.Release();
        }
    }

    public static ObservedDevice Parse(ReadOnlySpan<byte> dump, bool isUp, int mtu)
    {
        var first = Text.Next(ref dump, '\n');
        _ = Text.Next(ref first, '\t');
        var key = Text.TryKey(Text.Next(ref first, '\t'), out var publicKey) ? publicKey : (PublicKey?)null;
        var port = (ushort)Text.Number(Text.Next(ref first, '\t'));
        var peers = new Dictionary<PublicKey, ObservedPeer>();
        while (!dump.IsEmpty)
        {
            if (ParsePeer(Text.Next(ref dump, '\n')) is { } peer)
            {
                peers[peer.Key] = peer;
            }
        }

        return new ObservedDevice(isUp, mtu, key, port, peers);
    }

    public static async Task SetDeviceAsync(string name, ushort port, string privateKeyFile)
    {
        var result = await Command.RunAsync(["wg", "set", name, "listen-port", $"{port}", "private-key", privateKeyFile]);
        if (result.ExitCode != 0 && result.Error.Contains("in use", StringComparison.Ordinal))
        {
            throw new HostCannotException($"UDP port {port} is in use on this host: free it, or give another with --listen-port.");
        }

        _ = result.OrThrow();
    }

    /// <summary>One call for many peers. Returns what failed.</summary>
    public static async Task<IReadOnlyList<string>> SetPeersAsync(string name, IReadOnlyList<Change> changes)
    {
        var failures = new List<string>();
        foreach (var chunk in changes.Chunk(PeersPerCallMax))
        {
            List<string> line = ["wg", "set", name, .. chunk.SelectMany(Arguments)];
            var result = await Command.RunAsync(line);
            if (result.ExitCode != 0)
            {
                failures.Add(result.Failure().Message);
            }
        }

        return failures;
    }

    private static IEnumerable<string> Arguments(Change change) => change switch
    {
        Change.RemovePeer remove => ["peer", remove.Key.ToString(), "remove"],
        Change.SetPeer set => Arguments(set),
        _ => throw new System.Diagnostics.UnreachableException(change.GetType().Name),
    };

    private static IEnumerable<string> Arguments(Change.SetPeer set)
    {
        yield return "peer";
        yield return set.Key.ToString();
        yield return "persistent-keepalive";
        yield return $"{Desired.KeepaliveSeconds}";
        if (set.Endpoint is not null)
        {
            yield return "endpoint";
            yield return set.Endpoint.ToString();
        }

        if (set.AllowedIps is { } allowed)
        {
            yield return "allowed-ips";
            yield return string.Join(',', allowed);
        }
    }

    private static ObservedPeer? ParsePeer(ReadOnlySpan<byte> line)
    {
        if (!Text.TryKey(Text.Next(ref line, '\t'), out var key))
        {
            return null;
        }

        _ = Text.Next(ref line, '\t');
        var endpoint = Text.Endpoint(Text.Next(ref line, '\t'));
        var allowed = AllowedIps(Text.Next(ref line, '\t'));
        var handshake = Text.Number(Text.Next(ref line, '\t'));
        var received = Text.Number(Text.Next(ref line, '\t'));
        var sent = Text.Number(Text.Next(ref line, '\t'));
        return new ObservedPeer(key, endpoint, allowed, handshake, received, sent, (ushort)Text.Number(Text.Next(ref line, '\t')));
    }

    private static ValueList<Prefix> AllowedIps(ReadOnlySpan<byte> text)
    {
        var prefixes = new List<Prefix>(2);
        while (!text.IsEmpty)
        {
            if (Text.TryPrefix(Text.Next(ref text, ','), out var prefix))
            {
                prefixes.Add(prefix);
            }
        }

        prefixes.Sort();
        return prefixes.ToValueList();
    }
}
