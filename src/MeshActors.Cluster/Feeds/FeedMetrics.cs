using System.Diagnostics.Metrics;
using MeshActors.Cluster.Telemetry;

namespace MeshActors.Cluster.Feeds;

/// <summary>What goes to agents' streams.</summary>
internal static class FeedMetrics
{
    private static readonly Counter<long> Messages = MeshMeter.Counter("mesh.feed.messages", "{message}", "Messages to agents, by kind: delta, chunk (of a whole map), go-away.");

    private static readonly Counter<long> Bytes = MeshMeter.Counter("mesh.feed.sent", "By", "Bytes of these messages, by kind.");

    private static readonly Counter<long> Conflations = MeshMeter.Counter(
        "mesh.feed.conflations", "{delta}", "Deltas over more than one published bundle: the agent was slower than the changes.");

    private static readonly Counter<long> WholeMaps = MeshMeter.Counter("mesh.feed.whole.maps", "{map}", "Whole maps begun: to newcomers, and to agents that were away for too long.");

    private static readonly Counter<long> Cuts = MeshMeter.Counter("mesh.agents.cut", "{agent}", "Streams that the feed ended, by reason.");

    private static readonly KeyValuePair<string, object?> OfDelta = MeshMeter.Tag("kind", "delta");
    private static readonly KeyValuePair<string, object?> OfChunk = MeshMeter.Tag("kind", "chunk");
    private static readonly KeyValuePair<string, object?> OfGoAway = MeshMeter.Tag("kind", "go-away");

    /// <param name="bundles">Published since the agent's map.</param>
    public static void Delta(int bytes, long bundles)
    {
        Sent(bytes, OfDelta);
        if (bundles > 1)
        {
            Conflations.Add(1);
        }
    }

    public static void WholeMap() => WholeMaps.Add(1);

    public static void Chunk(int bytes) => Sent(bytes, OfChunk);

    public static void GoAway(int bytes) => Sent(bytes, OfGoAway);

    public static void Cut(string reason) => Cuts.Add(1, MeshMeter.Tag("reason", reason));

    private static void Sent(int bytes, KeyValuePair<string, object?> kind)
    {
        Messages.Add(1, kind);
        Bytes.Add(bytes, kind);
    }
}
