using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshActors.Contracts.Trust;
using MeshActors.Domain.Trust;

namespace MeshActors.Follower;

/// <summary>What the user said, checked and read.</summary>
/// <param name="JoinKey">A secret: never printed. Null for a host that has joined.</param>
internal sealed record FollowSettings(
    string? JoinKey, string Host, int Port, X509Certificate2 Certificate, X509Certificate2 Authority, string? Name, string[] Prefixes, string StateDir, bool IsJson)
{
    /// <exception cref="FatalException">Something is wrong with it.</exception>
    public static FollowSettings Read(
        string? target, string edge, string certificate, string ca, string? name, string[] prefixes, string stateDir, bool isJson)
    {
        var (host, port) = Split(edge);
        var authority = Load("--ca", ca, text => X509Certificate2.CreateFromPem(text));
        var own = Load("--certificate", certificate, text => X509Certificate2.CreateFromPem(text, text));
        return new FollowSettings(KeyOf(target, authority), host, port, own, authority, name, prefixes, Path.GetFullPath(stateDir), isJson);
    }

    public override string ToString() => $"{Host}:{Port}";

    private static string? KeyOf(string? target, X509Certificate2 authority)
    {
        if (target is null)
        {
            return null;
        }

        var key = target[(target.IndexOf('#') + 1)..];
        if (!Bearer.TryParse(key, Bearer.JoinKeyKind, out var bearer))
        {
            throw new FatalException(ExitStatus.BadInput, "what was given is neither a join URL nor a join key; copy the whole line that the controller printed.");
        }

        return bearer.Pin is null || bearer.Pin == PinnedTrust.PinOf(authority)
            ? key
            : throw new FatalException(ExitStatus.BadInput, "the join URL is of a controller with another CA than --ca; take ca.pem from that controller.");
    }

    private static (string Host, int Port) Split(string edge)
    {
        var colon = edge.LastIndexOf(':');
        return colon > 0 && int.TryParse(edge[(colon + 1)..], out var port) && port is > 0 and <= 65_535
            ? (edge[..colon].Trim('[', ']'), port)
            : throw new FatalException(ExitStatus.BadInput, $"--edge '{edge}' is no HOST:PORT; write it as mesh.example.org:8444, as the controller advertises it.");
    }

    private static X509Certificate2 Load(string option, string file, Func<string, X509Certificate2> read)
    {
        try
        {
            return read(File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new FatalException(ExitStatus.BadInput, $"cannot read {option} {file}: {e.Message.TrimEnd('.')}.");
        }
    }
}
