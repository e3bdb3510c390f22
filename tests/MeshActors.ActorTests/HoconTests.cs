using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Persistence.Sql;

namespace MeshActors.ActorTests;

/// <summary>HOCON has no schema: a misspelt key is ignored. So each of ours must be one that Akka knows.</summary>
public sealed class HoconTests
{
    /// <summary>Maps of names that their owner chooses: no reference configuration can know them.</summary>
    private static readonly string[] OpenMaps =
        ["akka.actor.serializers.", "akka.actor.serialization-bindings.", "akka.actor.serialization-identifiers."];

    /// <summary>What every journal and snapshot store has without its own reference saying so.</summary>
    private static readonly (string Plugin, string Fallback)[] Fallbacks =
    [
        ("akka.persistence.journal.sql.", "akka.persistence.journal-plugin-fallback."),
        ("akka.persistence.snapshot-store.sql.", "akka.persistence.snapshot-store-plugin-fallback."),
    ];

    public static TheoryData<string> Files => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "hocon"), "*.conf").Select(Path.GetFileName).OfType<string>()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_key_is_one_that_Akka_knows(string file)
    {
        var known = Leaves(Reference()).ToHashSet(StringComparer.Ordinal);
        var ours = Leaves(ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", file)))).ToList();
        Assert.NotEmpty(ours);
        Assert.DoesNotContain(ours, key => !IsKnown(key, known));
    }

    [Fact]
    public void So_is_every_key_that_the_edge_and_its_agents_set_in_code()
    {
        var known = Leaves(Reference()).ToHashSet(StringComparer.Ordinal);
        var ours = Leaves(Remoting.Wire.EdgeForms.Config.WithFallback(Remoting.EdgeTransport.Own())).ToList();
        Assert.Contains("akka.remote.untrusted-mode", ours);
        Assert.DoesNotContain(ours, key => !IsKnown(key, known));
    }

    [Fact]
    public void A_misspelt_key_would_be_found() =>
        Assert.False(IsKnown("akka.cluster.sharding.remember-entitys", Leaves(Reference()).ToHashSet(StringComparer.Ordinal)));

    private static bool IsKnown(string key, HashSet<string> known) =>
        known.Contains(key)
        || OpenMaps.Any(map => key.StartsWith(map, StringComparison.Ordinal))
        || Fallbacks.Any(f => key.StartsWith(f.Plugin, StringComparison.Ordinal) && known.Contains(f.Fallback + key[f.Plugin.Length..]));

    private static Config Reference() => ConfigurationFactory.Default()
        .WithFallback(Akka.Cluster.Sharding.ClusterSharding.DefaultConfig())
        .WithFallback(Akka.Cluster.Tools.Singleton.ClusterSingleton.DefaultConfig())
        .WithFallback(Akka.DistributedData.DistributedData.DefaultConfig())
        .WithFallback(ConfigurationFactory.FromResource<Akka.Cluster.Cluster>("Akka.Cluster.Configuration.Cluster.conf"))
        .WithFallback(ConfigurationFactory.FromResource<Akka.Remote.RemoteActorRefProvider>("Akka.Remote.Configuration.Remote.conf"))
        .WithFallback(Akka.Persistence.Persistence.DefaultConfig())
        .WithFallback(SqlPersistence.DefaultConfiguration);

    private static IEnumerable<string> Leaves(Config config) => Leaves("", config.Root);

    private static IEnumerable<string> Leaves(string path, HoconValue value) => value.IsObject()
        ? value.GetObject().Items.SelectMany(item => Leaves(path.Length == 0 ? item.Key : $"{path}.{item.Key}", item.Value))
        : [path];
}
