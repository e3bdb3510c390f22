using System.Collections.Immutable;
using MeshActors.Domain;

namespace MeshActors.Cluster.Feeds;

/// <summary>One organization on this process, as its feed's last tick saw it.</summary>
/// <param name="Behind">Connected agents that have not applied the newest revision.</param>
/// <param name="LagMax">Revisions.</param>
/// <param name="Stuck">Those that have been behind for too long.</param>
/// <param name="Slowest">A few, the slowest first.</param>
internal sealed record FeedFigures(
    long Revision, int Connected, int Behind, long LagMax, TimeSpan BehindMax, int Stuck, ImmutableArray<SlowAgent> Slowest);

/// <param name="For">How long a revision that it has not applied has been there for it.</param>
internal sealed record SlowAgent(NodeId Node, string Name, long Lag, TimeSpan For);
