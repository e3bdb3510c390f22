using Akka.Actor;

namespace MeshActors.Cluster.Regions;

/// <summary>A region does not answer: whether it did what was asked is unknown. Said within this process only.</summary>
/// <param name="Sentence">Names the region.</param>
internal sealed record RegionAway(string Sentence) : INoSerializationVerificationNeeded;

/// <summary>The outcome of a call to another region is unknown: it does not answer.</summary>
public sealed class RegionAwayException(string message, Exception? inner = null) : MeshUnavailableException(message, inner);
