namespace MeshActors.Domain;

/// <summary>Who caused an event, when, and by which request: stored with each event.</summary>
/// <param name="Time">UTC, in whole milliseconds: the journal keeps no more.</param>
/// <param name="RequestId">The caller's, so that its logs and the journal meet. At most 64 characters.</param>
public sealed record Meta(DateTimeOffset Time, Principal Principal, string RequestId);
