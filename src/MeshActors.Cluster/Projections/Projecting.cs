using System.Data.Common;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using MeshActors.Cluster.Storage;
using MeshActors.Contracts.History;
using MeshActors.Domain;
using MeshActors.Domain.Ipam;
using MeshActors.Domain.Organizations;

namespace MeshActors.Cluster.Projections;

/// <summary>
/// Brings views up to the journal: rows in bounded batches, each with the view's new revision in one transaction that
/// begins with "from this revision to that one". Rows that come twice, and two processes at the same view, change nothing.
/// </summary>
internal sealed class Projecting(JournalDatabase database, ProjectionTables tables, TimeProvider time)
{
    /// <summary>
    /// Rows of one transaction while a view is far behind and nobody waits: each page of an index that they touch is written
    /// once.
    /// </summary>
    private const int BatchRows = 16 * OrganizationRows.PageRows;

    /// <summary>Rows of one transaction while others write that wait for it: 50 held them up for 2 to 6 ms, 1,000 for some 45.</summary>
    private const int BusyBatchRows = 20;

    private static readonly TableColumns Events = new(
        "projected_event", "view", "revision", "unix_ms", "peak_ms", "type", "principal_kind", "principal_id", "principal_name", "node");

    private static readonly TableColumns Networks = new("projected_network", "view", "network", "revision");

    private static readonly TableColumns Nodes = new("projected_node", "view", "node", "name", "public_key", "is_removed");

    private static readonly TableColumns Holdings = new("projected_holding", "view", "network", "kind", "node");

    private readonly OrganizationRows _journal = new(database.Connect);
    private long _newestRow;
    private bool _isAlone;

    /// <summary>
    /// Adds to the organization's view what the journal has beyond it. Where the journal is not the one that the view was
    /// made from (a backup was restored), the view is given up and another begun.
    /// </summary>
    /// <returns>How far it goes now; fewer than the journal when another process is at it.</returns>
    /// <exception cref="MeshUnavailableException">The database does not answer, or a row cannot be read.</exception>
    public async Task<long> CatchUpAsync(OrganizationId organization, CancellationToken cancellationToken)
    {
        var view = await tables.FindAsync(organization, ViewState.Serving, cancellationToken).ConfigureAwait(false);
        if (view is not null && !await IsOfJournalAsync(view, cancellationToken).ConfigureAwait(false))
        {
            await tables.GiveUpAsync(view, cancellationToken).ConfigureAwait(false);
            view = null;
        }

        view ??= await tables.BeginAsync(organization, ViewState.Serving, cancellationToken).ConfigureAwait(false);
        return (await AdvanceAsync(view, null, cancellationToken).ConfigureAwait(false)).View.Revision;
    }

    /// <summary>Adds all that the journal has now.</summary>
    /// <param name="progress">Told of each batch.</param>
    /// <returns>The view, and whether it is still this caller's: not when another process added to it or gave it up.</returns>
    public async Task<(ProjectedView View, bool IsOwn)> AdvanceAsync(ProjectedView view, Func<ProjectedView, Task>? progress, CancellationToken cancellationToken)
    {
        await foreach (var rows in BatchesAsync(view, cancellationToken).ConfigureAwait(false))
        {
            var batch = ProjectedBatch.Of(view, rows);
            var began = time.GetTimestamp();
            if (!await tables.WriteAsync((connection, transaction, token) => AddAsync(connection, transaction, view, batch, token), cancellationToken).ConfigureAwait(false))
            {
                return (view, false);
            }

            view = batch.After;
            await (progress?.Invoke(view) ?? Task.CompletedTask).ConfigureAwait(false);
            await GiveWayAsync(time.GetElapsedTime(began), cancellationToken).ConfigureAwait(false);
        }

        return (view, true);
    }

    /// <summary>
    /// Where all writers wait for one another, and others write just now, they get as much time as this one took. The journal
    /// is asked, since they may be another process's: a rebuild is one of its own.
    /// </summary>
    public async Task GiveWayAsync(TimeSpan took, CancellationToken cancellationToken)
    {
        var before = _newestRow;
        _newestRow = database.HasOneWriter ? await tables.NewestRowAsync(cancellationToken).ConfigureAwait(false) : before;
        _isAlone = _newestRow == before;
        if (!_isAlone)
        {
            await Task.Delay(took, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What the journal has beyond the view.</summary>
    private async IAsyncEnumerable<IReadOnlyList<JournalRow>> BatchesAsync(ProjectedView view, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = new List<JournalRow>();
        await foreach (var page in _journal.ReadAsync(view.Organization, view.Revision + 1, 0, cancellationToken).ConfigureAwait(false))
        {
            foreach (var part in page.Chunk(BusyBatchRows))
            {
                rows.AddRange(part);
                if (rows.Count >= (_isAlone ? BatchRows : BusyBatchRows))
                {
                    yield return rows;
                    rows = [];
                }
            }
        }

        if (rows.Count > 0)
        {
            yield return rows;
        }
    }

    /// <summary>Whether the journal has the last row of the view, with the bytes that were projected.</summary>
    private async Task<bool> IsOfJournalAsync(ProjectedView view, CancellationToken cancellationToken)
    {
        if (view.Revision == 0)
        {
            return true;
        }

        await foreach (var page in _journal.ReadAsync(view.Organization, view.Revision, view.Revision, cancellationToken).ConfigureAwait(false))
        {
            return page[0].Hash().AsSpan().SequenceEqual(view.Hash);
        }

        return false;
    }

    /// <returns>False when the view is elsewhere already: nothing was changed.</returns>
    private async Task<bool> AddAsync(
        DbConnection connection, DbTransaction transaction, ProjectedView view, ProjectedBatch batch, CancellationToken cancellationToken)
    {
        var after = batch.After;
        if (await connection.CommandOf(transaction,
            """
            UPDATE projection SET revision = @to, hash = @hash, peak_ms = @peak, setback_ms = @setback
            WHERE view = @view AND state < 2 AND revision = @from
            """,
            ("@to", after.Revision), ("@hash", after.Hash), ("@peak", after.PeakMs), ("@setback", after.SetbackMs),
            ("@view", view.View), ("@from", view.Revision)).RunAsync(cancellationToken).ConfigureAwait(false) != 1)
        {
            return false;
        }

        await InsertAsync(Events, batch.Events, row => Values(view, row.Event, row.PeakMs)).ConfigureAwait(false);
        var networks = batch.Events.SelectMany(row => row.Event.Networks.Distinct(), (row, network) => (network, row.Event.Revision)).ToList();
        await InsertAsync(Networks, networks, row => [view.View, NetworkKey.Of(row.network), row.Revision]).ConfigureAwait(false);
        await InsertAsync(Nodes, batch.Joined, node => [view.View, node.Node.ToBytes(), node.Name, node.Key.ToString(), false]).ConfigureAwait(false);
        foreach (var change in batch.Changes)
        {
            await Change(connection, transaction, view, change).RunAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (var node in batch.Announced.Keys)
        {
            await connection.CommandOf(transaction, "DELETE FROM projected_holding WHERE view = @view AND node = @node AND kind = @kind",
                ("@view", view.View), ("@node", node.ToBytes()), ("@kind", HoldingKinds.Announced)).RunAsync(cancellationToken).ConfigureAwait(false);
        }

        var holdings = batch.Granted
            .Concat(batch.Announced.SelectMany(pair => pair.Value, (pair, network) => (network, HoldingKinds.Announced, pair.Key))).ToList();
        await InsertAsync(Holdings, holdings, row => Values(view, row)).ConfigureAwait(false);
        return true;

        Task InsertAsync<T>(TableColumns table, IReadOnlyCollection<T> rows, Func<T, object?[]> values) =>
            rows.Count == 0 ? Task.CompletedTask : database.InsertAsync(connection, transaction, table, rows.Select(values), cancellationToken);
    }

    private static object?[] Values(ProjectedView view, IndexedEvent e, long peakMs) =>
        [view.View, e.Revision, e.UnixMs, peakMs, e.Type, e.PrincipalKind, e.PrincipalId, e.PrincipalName, e.Node?.ToBytes()];

    private static object?[] Values(ProjectedView view, (Prefix Network, string Kind, NodeId Node) row) =>
        [view.View, NetworkKey.Of(row.Network), row.Kind, row.Node.ToBytes()];

    private static DbCommand Change(DbConnection connection, DbTransaction transaction, ProjectedView view, OrganizationEvent change) => change switch
    {
        OrganizationEvent.NodeRenamed e => connection.CommandOf(transaction, "UPDATE projected_node SET name = @name WHERE view = @view AND node = @node",
            ("@name", e.Name), ("@view", view.View), ("@node", e.Node.ToBytes())),
        OrganizationEvent.NodeReplaced e => connection.CommandOf(transaction,
            "UPDATE projected_node SET name = @name, public_key = @key, is_removed = @removed WHERE view = @view AND node = @node",
            ("@name", e.Name), ("@key", e.Key.ToString()), ("@removed", false), ("@view", view.View), ("@node", e.Node.ToBytes())),
        OrganizationEvent.NodeRemoved e => connection.CommandOf(transaction, "UPDATE projected_node SET is_removed = @removed WHERE view = @view AND node = @node",
            ("@removed", true), ("@view", view.View), ("@node", e.Node.ToBytes())),
        _ => throw new UnreachableException(change.GetType().Name),
    };
}
