using MeshActors.Cluster.Storage;
using MeshActors.Domain;

namespace MeshActors.Cluster.Projections;

/// <summary>How far an organization's projection goes.</summary>
/// <param name="Projected">Null when there is none yet.</param>
/// <param name="Making">How far the one goes that is to take its place; null when none is being made.</param>
public sealed record ProjectionStatus(OrganizationId Organization, long Journal, long? Projected, long? Making)
{
    public long Lag => Math.Max(0, Journal - (Projected ?? 0));
}

/// <summary>Looks at projections and makes them anew, on the database alone: beside controllers that serve, or without any.</summary>
public sealed class ProjectionMaintenance(JournalDatabase database, TimeProvider time)
{
    private readonly ProjectionTables _tables = new(database);

    /// <summary>By name. An index look-up for each organization.</summary>
    /// <exception cref="MeshUnavailableException">The database does not answer.</exception>
    public async Task<IReadOnlyList<ProjectionStatus>> StatusAsync(CancellationToken cancellationToken)
    {
        var heads = await new JournalHeads(_tables).ReadAsync(cancellationToken).ConfigureAwait(false);
        var views = (await _tables.AllAsync(cancellationToken).ConfigureAwait(false)).ToLookup(view => view.Organization);
        return [.. heads.OrderBy(head => head.Key.Value, StringComparer.Ordinal).Select(head => new ProjectionStatus(
            head.Key,
            head.Value,
            views[head.Key].SingleOrDefault(view => view.State == ViewState.Serving)?.Revision,
            views[head.Key].SingleOrDefault(view => view.State == ViewState.Making)?.Revision))];
    }

    /// <summary>
    /// Makes the organization's projection anew beside the one that serves, and puts it in its place when it goes as far.
    /// Broken off it leaves rows that nobody reads, which the next one, or a controller, deletes.
    /// </summary>
    /// <param name="progress">Told of each batch: how far it is.</param>
    /// <returns>The revision at which it took over.</returns>
    /// <exception cref="MeshUnavailableException">The database does not answer, or another process has begun the same.</exception>
    public async Task<long> RebuildAsync(OrganizationId organization, Func<long, Task> progress, CancellationToken cancellationToken)
    {
        var projecting = new Projecting(database, _tables, time);
        if (await _tables.FindAsync(organization, ViewState.Making, cancellationToken).ConfigureAwait(false) is { } left)
        {
            await _tables.GiveUpAsync(left, cancellationToken).ConfigureAwait(false);
        }

        var made = await _tables.BeginAsync(organization, ViewState.Making, cancellationToken).ConfigureAwait(false);
        do
        {
            (made, var isOwn) = await projecting.AdvanceAsync(made, view => progress(view.Revision), cancellationToken).ConfigureAwait(false);
            if (!isOwn || (await _tables.FindAsync(organization, ViewState.Making, cancellationToken).ConfigureAwait(false))?.View != made.View)
            {
                throw new MeshUnavailableException($"Another process has begun to make the projection of organization '{organization}' anew, and goes on with it.");
            }
        }
        while (!await _tables.TrySwitchAsync(made, cancellationToken).ConfigureAwait(false));
        await _tables.SweepAsync(token => projecting.GiveWayAsync(SweepPause, token), cancellationToken).ConfigureAwait(false);
        return made.Revision;
    }

    /// <summary>About as long as one deletion takes.</summary>
    private static readonly TimeSpan SweepPause = TimeSpan.FromMilliseconds(10);
}
