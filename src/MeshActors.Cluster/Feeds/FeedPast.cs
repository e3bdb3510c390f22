using System.Collections.Immutable;
using Akka.Actor;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Maps;

namespace MeshActors.Cluster.Feeds;

/// <summary>
/// What a feed that has just begun must read to lead on an agent that comes from another process: the last entries of the
/// journal before its own beginning. Read when such agents come, no further back than they need: after a controller's end
/// many feeds begin at once, and nearly all of their agents miss next to nothing.
/// </summary>
internal sealed class FeedPast(OrganizationId organization, HomeRows rows)
{
    /// <summary>Entries of the first read at least, a few milliseconds. Each later one doubles what is known: they are few.</summary>
    private const int ReadMin = 128;

    private bool _isOver;
    private bool _isReading;

    /// <summary>True while an agent with that map should wait for it.</summary>
    public bool Concerns(long haveRevision, FeedFold fold) =>
        !_isOver && haveRevision > 0 && haveRevision < fold.First && haveRevision >= Oldest(fold);

    /// <param name="haveRevision">Of the agent that came first.</param>
    public void Read(IActorRef feed, long haveRevision, FeedFold fold)
    {
        if (_isReading)
        {
            return;
        }

        _isReading = true;
        var last = fold.First;
        var first = Math.Max(Oldest(fold), Math.Min(haveRevision, last - Math.Max(ReadMin, fold.Revision - last)));
        SubjectsAsync(first, last).PipeTo(
            feed,
            success: subjects => new PastRead(last, subjects),
            failure: _ => new PastRead(last, []));
    }

    /// <summary>Where nothing was found it is not tried again, and who needs more gets a whole map.</summary>
    public void Take(PastRead past, FeedFold? fold)
    {
        _isReading = false;
        _isOver = past.Subjects.IsEmpty;
        if (fold is not null && fold.First == past.Last && !_isOver)
        {
            fold.Recall(past.Subjects);
        }
    }

    private static long Oldest(FeedFold fold) => Math.Max(1, fold.Revision - RecentChanges.Kept + 1);

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
