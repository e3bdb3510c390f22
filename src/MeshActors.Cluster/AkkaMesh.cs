using System.Runtime.CompilerServices;
using Akka.Actor;
using MeshActors.Cluster.Feeds;
using MeshActors.Cluster.Messages;
using MeshActors.Cluster.Projections;
using MeshActors.Cluster.Regions;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Nodes;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster;

/// <summary>The mesh as this process's part of the cluster has it.</summary>
/// <param name="stopping">Cancelled when this process begins to leave: every call then ends as unavailable.</param>
internal sealed class AkkaMesh(MeshActorRefs actors, OtherGateways others, HomeRows rows, EventSearch search, RegionLinks links, CancellationToken stopping) : IMesh, IDisposable
{
    /// <summary>How long a caller waits in all: longer than an entity takes to move when a process stops cleanly.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>How long a follower of events waits for news before it asks whether the feed is still the one.</summary>
    private static readonly TimeSpan FollowRenewal = TimeSpan.FromSeconds(30);

    internal const string StoppingSentence = "This controller process is stopping: whether anything was stored is unknown. Ask again.";

    /// <summary>Reads of the journal at once for callers that are about to be turned away: the rest of the database is for those who are not.</summary>
    private const int ConfirmationsMax = 4;

    private readonly EntityCalls _calls = new(Patience, stopping, links);
    private readonly SemaphoreSlim _confirmations = new(ConfirmationsMax);

    public Task<CommandReply> ExecuteAsync(
        OrganizationId organization, OrganizationCommand command, Meta meta, CancellationToken cancellationToken) =>
        CommandTelemetry.FollowAsync(command, meta, followed => _calls.AskAsync<CommandReply>(
            actors.Organizations, new ExecuteOrganization(organization, command, followed), $"Organization '{organization}'", cancellationToken));

    public Task<CommandReply> ExecuteAsync(DirectoryCommand command, Meta meta, CancellationToken cancellationToken) =>
        CommandTelemetry.FollowAsync(command, meta, followed => _calls.AskAsync<CommandReply>(
            actors.Directory, new ExecuteDirectory(command, followed), "The directory", cancellationToken));

    public async Task<DirectoryState> GetDirectoryAsync(CancellationToken cancellationToken)
    {
        var answer = await _calls.AskAsync<DirectoryAnswer>(
            actors.Directory, GetDirectory.Instance, "The directory", cancellationToken).ConfigureAwait(false);
        return answer.ToState();
    }

    public async Task<OrganizationView?> GetAsync(OrganizationId organization, CancellationToken cancellationToken)
    {
        var view = await AskFeedAsync<OrganizationFeed.View>(
            organization, OrganizationFeed.GetView.Instance, cancellationToken).ConfigureAwait(false);
        return view.Organization is { } here
            ? here with { Presence = await others.AddAsync(here.Presence, organization, cancellationToken).ConfigureAwait(false) }
            : null;
    }

    public async Task<IReadOnlyList<NodeLag>> GetLagsAsync(OrganizationId organization, CancellationToken cancellationToken)
    {
        var here = await AskFeedsAsync<LagsAnswer>(organization, new GetLags(organization), cancellationToken).ConfigureAwait(false);
        return await others.AddAsync(here, organization, cancellationToken).ConfigureAwait(false);
    }

    public async Task<NodeActivityState> GetNodeAsync(OrganizationId organization, NodeId node, CancellationToken cancellationToken)
    {
        var answer = await _calls.AskAsync<NodeActivityAnswer>(
            actors.Nodes, new GetNodeActivity(organization, node), $"Node {node} of organization '{organization}'", cancellationToken).ConfigureAwait(false);
        return answer.ToState();
    }

    public async IAsyncEnumerable<OrganizationEntry> EventsAsync(
        OrganizationId organization, long from, long to, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(from, 1);
        var last = to > 0 ? to : long.MaxValue;
        while (true)
        {
            // The board before the history: what is stored after the one is seen by the other.
            var board = await AskFeedAsync<FeedBoard>(organization, OrganizationFeed.GetBoard.Instance, cancellationToken).ConfigureAwait(false);
            var picture = board.Current;
            var end = follow ? Math.Min(picture.Revision, last) : Math.Min(last, Math.Max(picture.Revision, 0));
            if (next <= end)
            {
                await foreach (var page in RowsAsync(organization, next, end, cancellationToken).ConfigureAwait(false))
                {
                    foreach (var row in page)
                    {
                        yield return Read(row, organization);
                        next = row.Revision + 1;
                    }
                }
            }

            if (!follow || next > last)
            {
                yield break;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
            await picture.Superseded.WaitAsync(FollowRenewal, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfStopping();
        }
    }

    public IAsyncEnumerable<IReadOnlyList<JournalRow>> RowsAsync(
        OrganizationId organization, long from, long to, CancellationToken cancellationToken) =>
        rows.ReadAsync(organization, from, to, cancellationToken);

    public async Task<EventPage> FindEventsAsync(OrganizationId organization, EventQuery query, CancellationToken cancellationToken)
    {
        var board = await AskFeedAsync<FeedBoard>(organization, OrganizationFeed.GetBoard.Instance, cancellationToken).ConfigureAwait(false);
        return await search.FindAsync(organization, query, board.Current.Revision, cancellationToken).ConfigureAwait(false);
    }

    public async Task<ImportStart> BeginImportAsync(OrganizationId organization, Meta meta, CancellationToken cancellationToken)
    {
        var import = new OrganizationImport(organization, meta, actors, _calls, rows.Own);
        return await import.BeginAsync(cancellationToken).ConfigureAwait(false) is { } reason
            ? new ImportStart.Refused(reason)
            : new ImportStart.Begun(import);
    }

    public async Task<FollowReply> FollowAsync(FollowRequest request, CancellationToken cancellationToken)
    {
        var answer = await AskFeedAsync<OrganizationFeed.FollowAnswer>(
            request.Organization, new OrganizationFeed.Follow(request), cancellationToken).ConfigureAwait(false);
        if (answer.Reply is FollowReply.Refused)
        {
            await ConfirmNewestAsync(request.Organization, cancellationToken).ConfigureAwait(false);
        }

        return answer.Reply;
    }

    // Who is turned away does not come back, so nobody is by a view that is old: an entity that has lost its place to
    // another answers too, for a second or two. The journal itself is asked, which costs a read.
    private async Task ConfirmNewestAsync(OrganizationId organization, CancellationToken cancellationToken)
    {
        using var patient = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        patient.CancelAfter(Patience);
        try
        {
            var board = await AskFeedAsync<FeedBoard>(organization, OrganizationFeed.GetBoard.Instance, patient.Token).ConfigureAwait(false);
            await _confirmations.WaitAsync(patient.Token).ConfigureAwait(false);
            try
            {
                await foreach (var page in rows.ReadAsync(organization, board.Current.Revision + 1, 0, patient.Token).ConfigureAwait(false))
                {
                    actors.Feeds.Tell(new Feeds.Feeds.ForOrganization(organization, new OrganizationFeed.JournalHas(page[^1].Revision)));
                    throw new MeshUnavailableException($"This process does not have the newest state of organization '{organization}' yet; try again.");
                }
            }
            finally
            {
                _confirmations.Release();
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MeshUnavailableException($"The journal of organization '{organization}' could not be read within {Patience.TotalSeconds:0} s; try again.", e);
        }
    }

    public void Dispose()
    {
        _calls.Dispose();
        _confirmations.Dispose();
    }

    private void ThrowIfStopping()
    {
        if (stopping.IsCancellationRequested)
        {
            throw new MeshUnavailableException(StoppingSentence);
        }
    }

    private static OrganizationEntry Read(JournalRow row, OrganizationId organization)
    {
        try
        {
            var decoded = JournalMapping.Decode(row.Manifest, row.Bytes.Span);
            return new OrganizationEntry(row.Revision, decoded.Meta, decoded.Event, row.Manifest);
        }
        catch (FormatException e)
        {
            throw new MeshUnavailableException($"Entry {row.Revision} of organization '{organization}' cannot be read: {e.Message}", e);
        }
    }

    // A feed is in this process: one question is enough.
    private Task<T> AskFeedAsync<T>(OrganizationId organization, OrganizationFeed.IFeedRequest request, CancellationToken cancellationToken) =>
        AskFeedsAsync<T>(organization, new Feeds.Feeds.ForOrganization(organization, request), cancellationToken);

    private async Task<T> AskFeedsAsync<T>(OrganizationId organization, object request, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        try
        {
            return await actors.Feeds.Ask<T>(request, Patience, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new MeshUnavailableException(StoppingSentence, e);
        }
        catch (AskTimeoutException e)
        {
            throw new MeshUnavailableException(
                $"Organization '{organization}' could not be read within {Patience.TotalSeconds:0} s; try again, and see the controller's log if it stays so.", e);
        }
    }
}

/// <summary>Where this process reaches the entities and its feeds.</summary>
internal sealed record MeshActorRefs(IActorRef Organizations, IActorRef Nodes, IActorRef Directory, IActorRef Feeds);
