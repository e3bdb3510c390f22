using System.Collections.Immutable;
using Akka.Actor;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Maps;

namespace MeshActors.Cluster.Feeds;

/// <summary>
/// What a feed that has just begun must read to lead on an agent that comes from another process: the last entries of the
/// journal before its own beginning. Read once, when the first such agent comes.
/// </summary>
internal sealed class FeedPast(OrganizationId organization, HomeRows rows)
{
    private bool _isRead;
    private bool _isReading;

    /// <summary>True while an agent with that map should wait for it.</summary>
    public bool Concerns(long haveRevision, FeedFold fold) =>
        !_isRead && haveRevision > 0 && haveRevision < fold.First && haveRevision > fold.Revision - RecentChanges.Kept;

    public void Read(IActorRef feed, FeedFold fold)
    {
        if (_isReading)
        {
            return;
        }

        _isReading = true;
        var last = fold.First;
        SubjectsAsync(Math.Max(1, fold.Revision - RecentChanges.Kept + 1), last).PipeTo(
            feed,
            success: subjects => new PastRead(last, subjects),
            failure: _ => new PastRead(last, []));
    }

    /// <summary>Whatever was found: it is not tried again, and who needs more gets a whole map.</summary>
    public void Take(PastRead past, FeedFold? fold)
    {
        _isRead = true;
        if (fold is not null && fold.First == past.Last && past.Subjects.Length > 0)
        {
            fold.Recall(past.Subjects);
        }
    }

    private async Task<ImmutableArray<NodeId?>> SubjectsAsync(long from, long to)
    {
        using var late = new CancellationTokenSource(AkkaMesh.Patience / 2);
        var subjects = ImmutableArray.CreateBuilder<NodeId?>();
        await foreach (var page in rows.ReadAsync(organization, from, to, late.Token).ConfigureAwait(false))
        {
            subjects.AddRange(page.Select(row => MeshMap.Subject(JournalMapping.Decode(row.Manifest, row.Bytes.Span).Event)));
        }

        return subjects.Count == to - from + 1 ? subjects.ToImmutable() : [];
    }

    internal sealed record PastRead(long Last, ImmutableArray<NodeId?> Subjects) : INoSerializationVerificationNeeded;
}
