using MeshActors.Cluster.Hosting;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.DataDirectory;
using MeshActors.Controller.Trust;

namespace MeshActors.Controller.Hosting;

/// <summary>What the options mean for the process's place in a cluster.</summary>
internal static class ClusterMembership
{
    /// <exception cref="StartException">Options that exclude each other.</exception>
    public static MeshOptions Of(ControllerOptions options, DataDir directory, CertificateAuthority authority, TimeProvider time)
    {
        var journal = DatabaseUrl.Open(options, directory.Journal);
        if (options.ClusterListen is not null && journal is Cluster.Storage.SqliteDatabase)
        {
            throw StartException.Input("--cluster-listen is for several controllers, which share a PostgreSQL database: name it with --database.");
        }

        CheckRegions(options);
        var name = LocalNames.Primary(options).Host;
        return new MeshOptions
        {
            Journal = journal,
            ConfigFiles = [.. options.ConfigFiles.Reverse()],
            GatewayName = name,
            GatewayUrl = ControllerIdentity.Of(options, time).Url,
            Roles = [.. options.Roles],
            Port = options.ClusterListen is { } listen ? new ClusterPort(listen, Advertised(options, listen)) : null,
            Identity = new PeerIdentity(PeerCertificate.Open(directory, authority, NameOf(name), time.GetUtcNow()), authority.Certificate),
            Region = options.Region,
            PeerRegions = [.. options.PeerRegions],
            Seeds = [.. options.Seeds.Select(seed => $"{HostAndPort.ToUrlHost(seed.Host)}:{seed.Port ?? options.ClusterListen?.Port ?? 0}")],
        };
    }

    private static void CheckRegions(ControllerOptions options)
    {
        if (options is { Region: null, PeerRegions.Count: > 0 })
        {
            throw StartException.Input("--peer-region names other regions, so this one needs a name too: give it with --region.");
        }

        if (options.PeerRegions.Any(peer => peer.Name == options.Region))
        {
            throw StartException.Input($"--peer-region '{options.Region}' is this controller's own region; name the others.");
        }
    }

    private static string Advertised(ControllerOptions options, System.Net.IPEndPoint listen)
    {
        var host = options.ClusterAdvertise?.Host
            ?? (listen.Address.Equals(System.Net.IPAddress.Any) || listen.Address.Equals(System.Net.IPAddress.IPv6Any)
                ? LocalNames.Primary(options with { Advertise = [] }).Host
                : listen.Address.ToString());
        return $"{HostAndPort.ToUrlHost(host)}:{options.ClusterAdvertise?.Port ?? listen.Port}";
    }

    // An IPv6 address has colons, which a URN's last part here has not.
    private static string NameOf(string host) => host.Replace(':', '-');
}
