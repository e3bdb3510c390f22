using System.Collections.Immutable;
using MeshActors.Domain;
using Microsoft.Extensions.Logging;

namespace MeshActors.Cluster.Feeds;

/// <summary>Sees on each tick which agents do not apply what they are told, and names each that is stuck: once, and once more when it is well again.</summary>
internal sealed partial class LagWatch(OrganizationId organization, FeedSettings settings)
{
    /// <summary>Lines of one tick. When more are stuck at once it is not the agents' fault, and their number says so.</summary>
    private const int NamedPerTick = 20;

    private readonly ILogger _logger = settings.Logger;

    /// <param name="live">The agents that are connected.</param>
    public FeedFigures Look(IReadOnlyCollection<Following> live, FeedFold fold)
    {
        var newest = fold.Revision;
        var (behind, stuck, unnamed, lagMax, behindMax) = (0, 0, 0, 0L, TimeSpan.Zero);
        var slowest = new PriorityQueue<Following, TimeSpan>();
        foreach (var following in live)
        {
            var lag = following.Lag;
            lag.Look(following.AppliedRevision, newest, settings.Time);
            if (lag.IsNamed && lag.For < settings.BehindMax)
            {
                lag.IsNamed = false;
                var name = NameOf(following, fold);
                Recovered(name, following.Request.Node, organization, following.AppliedRevision);
            }

            if (following.AppliedRevision >= newest)
            {
                continue;
            }

            behind++;
            lagMax = Math.Max(lagMax, newest - following.AppliedRevision);
            behindMax = lag.For > behindMax ? lag.For : behindMax;
            Keep(slowest, following);
            if (lag.For >= settings.BehindMax)
            {
                stuck++;
                unnamed += lag.IsNamed ? 0 : 1;
                Name(following, fold, unnamed);
            }
        }

        if (unnamed > NamedPerTick)
        {
            MoreStuck(unnamed - NamedPerTick, organization);
        }

        return new FeedFigures(newest, live.Count, behind, lagMax, behindMax, stuck, Describe(slowest, fold));
    }

    private void Name(Following following, FeedFold fold, int unnamed)
    {
        if (!following.Lag.IsNamed && unnamed <= NamedPerTick)
        {
            var name = NameOf(following, fold);
            var seconds = following.Lag.For.TotalSeconds;
            Stuck(name, following.Request.Node, organization, seconds, following.AppliedRevision, fold.Revision, following.Warnings.Count);
        }

        following.Lag.IsNamed = true;
    }

    private void Keep(PriorityQueue<Following, TimeSpan> slowest, Following following)
    {
        if (following.Lag.For < settings.SlowAfter)
        {
            return;
        }

        slowest.Enqueue(following, following.Lag.For);
        if (slowest.Count > FeedGauges.SlowestMax)
        {
            slowest.Dequeue();
        }
    }

    private static ImmutableArray<SlowAgent> Describe(PriorityQueue<Following, TimeSpan> slowest, FeedFold fold) =>
    [
        .. slowest.UnorderedItems.Select(item => item.Element).Select(following => new SlowAgent(
            following.Request.Node, NameOf(following, fold), fold.Revision - following.AppliedRevision, following.Lag.For)),
    ];

    private static string NameOf(Following following, FeedFold fold) => fold.State.Nodes.GetValueOrDefault(following.Request.Node)?.Name ?? "";

    [LoggerMessage(EventId = 1101, Level = LogLevel.Warning, Message =
        "Agent '{Name}' (node {Node}) of organization {Organization} is stuck: for {Seconds:0} s it has not applied what it was told; it is at revision {Applied} of {Newest}, with {Warnings} warnings. `meshctl node show {Node}` and `meshd status` on the machine tell more.")]
    private partial void Stuck(string name, NodeId node, OrganizationId organization, double seconds, long applied, long newest, int warnings);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Warning, Message = "{Count} agents more of organization {Organization} are stuck; `meshctl node list` names them.")]
    private partial void MoreStuck(int count, OrganizationId organization);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Information, Message = "Agent '{Name}' (node {Node}) of organization {Organization} is not stuck any more: it has applied revision {Applied}.")]
    private partial void Recovered(string name, NodeId node, OrganizationId organization, long applied);
}
