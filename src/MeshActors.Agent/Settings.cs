using System.Net;
using MeshActors.Domain.Ipam;

namespace MeshActors.Agent;

/// <summary>What the user said, checked.</summary>
/// <param name="Organization">With --org or --zone; empty when not said.</param>
/// <param name="MetricsListen">Of the loopback interface; null for the socket in the state directory alone.</param>
/// <param name="Endpoints">HOST:PORT texts; names are looked up again and again.</param>
internal sealed record Settings(
    Target Target,
    IReadOnlyList<Prefix> Prefixes,
    string Organization,
    string? Name,
    string Interface,
    ushort ListenPort,
    IReadOnlyList<string> Endpoints,
    IReadOnlyList<string> RequestedAddresses,
    string StateDir,
    string? CaFile,
    bool AllowsPlainText,
    bool IsDryRun,
    IPEndPoint? MetricsListen);

/// <param name="Servers">Empty to use those of the last time.</param>
/// <param name="JoinKey">The whole text; null when not given. A secret: never printed.</param>
internal sealed record Target(IReadOnlyList<Uri> Servers, string? JoinKey)
{
    public override string ToString() => string.Join(", ", Servers);
}
