using System.Reflection;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.Trust;

namespace MeshActors.Controller.Hosting;

/// <summary>What this process says of itself.</summary>
/// <param name="Url">Under which agents reach it.</param>
/// <param name="OwnUrl">For a client on this host.</param>
internal sealed record ControllerIdentity(string Url, string OwnUrl, string Name, string Version, DateTimeOffset StartedAt)
{
    public static ControllerIdentity Of(ControllerOptions options, TimeProvider time)
    {
        var primary = LocalNames.Primary(options);
        return new ControllerIdentity(
            UrlOf(primary.Host, primary.Port ?? options.Listen.Port),
            UrlOf(LocalNames.Own(options), options.Listen.Port),
            primary.Host,
            typeof(ControllerIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            time.GetUtcNow());
    }

    private static string UrlOf(string host, int port) => $"https://{HostAndPort.ToUrlHost(host)}:{port}";
}
