using Grpc.Core;
using MeshActors.Domain;

namespace MeshActors.Cluster.Regions;

/// <summary>Another region: a cluster and a database of its own.</summary>
/// <param name="Gateways">Tried in turn.</param>
public sealed record PeerRegion(RegionName Name, ValueList<Uri> Gateways);

/// <summary>How this process reaches gateways of other regions: with its own certificate, and sure of theirs.</summary>
public interface IRegionChannels
{
    /// <summary>Once for each gateway. Nothing is connected before the first call.</summary>
    CallInvoker Open(Uri gateway);
}

/// <summary>What both ends of a link hold to.</summary>
public static class LinkProtocol
{
    /// <summary>Names the region that the caller means to reach.</summary>
    public const string RegionHeader = "mesh-region";

    /// <summary>Names the region that calls: for logs.</summary>
    public const string CallerHeader = "mesh-from-region";

    /// <summary>Bytes of an organization's state in one message: others get through between two of them, and silence tells of a stall.</summary>
    public const int WholePieceBytes = 64 * 1024;

    /// <summary>
    /// Less than a question waits for its answer (2 s), so that the asker hears why. Between continents an answer takes
    /// 0.3 s, and a new connection 1 s.
    /// </summary>
    public static readonly TimeSpan CallMax = TimeSpan.FromMilliseconds(1_800);
}
