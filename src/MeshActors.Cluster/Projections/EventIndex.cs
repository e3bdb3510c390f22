using System.Data.Common;
using System.Globalization;
using MeshActors.Cluster.Storage;
using MeshActors.Contracts.History;
using MeshActors.Domain.Ipam;

namespace MeshActors.Cluster.Projections;

/// <summary>Finds revisions that a filter may take, in one view at one moment. What it does not look at is looked at in the journal's row.</summary>
internal sealed class EventIndex
{
    /// <summary>To this number events are counted, to see which part of a filter leaves fewest; an index counts them in a millisecond or two.</summary>
    private const int CountedMax = 10_000;

    /// <summary>Entries of networks that are read where nothing else is asked for: twice as many took more than 100 ms. With more of them the rows themselves are looked through.</summary>
    private const int NetworkMax = 50_000;

    /// <summary>Index entries that one question looks at.</summary>
    private const int LookedAtMax = 10_000;

    private readonly DbConnection _connection;
    private readonly DbTransaction _transaction;
    private readonly bool _newestFirst;
    private readonly List<Criterion> _criteria;
    private List<long>? _ofNetwork;

    private EventIndex(DbConnection connection, DbTransaction transaction, ProjectedView view, EventQuery query)
    {
        _connection = connection;
        _transaction = transaction;
        View = view;
        _newestFirst = query.NewestFirst;
        _criteria = [.. Criteria(query.Filter)];
    }

    public ProjectedView View { get; }

    /// <summary>All that the query can take of the view, by revision and by time, lies within these revisions.</summary>
    public long First { get; private set; }

    public long Last { get; private set; }

    /// <summary>Whether it knows more than those two.</summary>
    public bool HasCandidates => _ofNetwork is not null || _criteria.Count > 0;

    /// <summary>Chooses the part of the filter that leaves fewest events.</summary>
    public static async Task<EventIndex> OpenAsync(
        DbConnection connection, DbTransaction transaction, ProjectedView view, EventQuery query, CancellationToken cancellationToken)
    {
        var index = new EventIndex(connection, transaction, view, query)
        {
            First = Math.Max(1, query.From),
            Last = query.To > 0 ? Math.Min(query.To, view.Revision) : view.Revision,
        };
        var filter = query.Filter;
        if (filter.Since is { } since)
        {
            index.First = Math.Max(index.First, await index.FirstOfAsync(since.ToUnixTimeMilliseconds(), cancellationToken).ConfigureAwait(false));
        }

        if (filter.Until is { } until)
        {
            index.Last = Math.Min(index.Last, await index.FirstOfAsync(until.ToUnixTimeMilliseconds() + view.SetbackMs + 1, cancellationToken).ConfigureAwait(false) - 1);
        }

        if (filter.Network is null && index._criteria.Count <= 1)
        {
            return index;
        }

        var fewest = index._criteria.Count == 0 ? NetworkMax : CountedMax;
        foreach (var criterion in index._criteria)
        {
            criterion.Count = await index.CountAsync(criterion, cancellationToken).ConfigureAwait(false);
            fewest = Math.Min(fewest, criterion.Count);
        }

        index._criteria.Sort((a, b) => a.Count.CompareTo(b.Count));
        // As many as the index has of something else need no look at networks: the rows themselves tell.
        index._ofNetwork = filter.Network is { } network ? await index.NetworkAsync(network, fewest, cancellationToken).ConfigureAwait(false) : null;
        return index;
    }

    /// <summary>Revisions in order, from the cursor on, and where to go on; null when there are no more.</summary>
    /// <param name="wanted">So many will do.</param>
    public async Task<(IReadOnlyList<long> Revisions, long? Next)> NextAsync(long cursor, int wanted, CancellationToken cancellationToken)
    {
        if (_ofNetwork is { } revisions)
        {
            var slice = (_newestFirst ? revisions.Where(r => r <= cursor) : revisions.Where(r => r >= cursor)).Take(wanted).ToList();
            return (slice, slice.Count < wanted ? null : After(slice[^1]));
        }

        // Where more than one thing is asked for, many entries of the first may lead to few of both.
        var looked = Math.Min(LookedAtMax, _criteria.Count == 1 ? wanted : wanted * 20);
        var command = _connection.CommandOf(_transaction, "");
        command.CommandText = Text(command, looked);
        command.Add("@view", View.View);
        command.Add("@from", _newestFirst ? First : Math.Max(First, cursor));
        command.Add("@to", _newestFirst ? Math.Min(Last, cursor) : Last);
        var rows = await command.ReadAllAsync(reader => (Revision: reader.GetInt64(0), IsHit: reader.GetInt32(1) == 1), cancellationToken).ConfigureAwait(false);
        return ([.. rows.Where(row => row.IsHit).Select(row => row.Revision).Distinct()], rows.Count < looked ? null : After(rows[^1].Revision));
    }

    private long After(long revision) => _newestFirst ? revision - 1 : revision + 1;

    private static IEnumerable<Criterion> Criteria(EventFilter filter)
    {
        if (filter.Node is { } node)
        {
            yield return new Criterion([("node", node.ToBytes())]);
        }

        if (filter.Principal is { } who)
        {
            yield return new Criterion([("principal_id", who), ("principal_name", who), ("principal_kind", who)]);
        }

        if (filter.Types is { Count: > 0 } types)
        {
            yield return new Criterion([.. types.Select(EventFilter.ShortType).Distinct().Select(type => ("type", (object)type))]);
        }
    }

    /// <summary>
    /// Each alternative of the first criterion walks its own index in the wanted order, and no further than the limit; so
    /// the answer costs the same whatever a planner thinks. The others are looked at in what that brings.
    /// </summary>
    private string Text(DbCommand command, int limit)
    {
        var order = _newestFirst ? "DESC" : "ASC";
        // Nothing but what the index has: a planner that sees more columns walks all rows by revision rather than look them up.
        var walks = _criteria[0].Alternatives.Select((alternative, i) =>
            $"""
            SELECT * FROM (
                SELECT revision FROM projected_event WHERE view = @view AND {Equal(command, alternative)} AND revision >= @from AND revision <= @to
                ORDER BY revision {order} LIMIT {Number(limit)}) walk{Number(i)}
            """);
        var walked = $"({string.Join(" UNION ALL ", walks)}) walked";
        if (_criteria.Count == 1)
        {
            return $"SELECT revision, 1 FROM {walked} ORDER BY revision {order} LIMIT {Number(limit)}";
        }

        var others = _criteria.Skip(1).Select(criterion => $"({string.Join(" OR ", criterion.Alternatives.Select(alternative => Equal(command, alternative)))})");
        // CROSS: SQLite then takes them in this order.
        return $"""
            SELECT e.revision, CASE WHEN {string.Join(" AND ", others)} THEN 1 ELSE 0 END
            FROM {walked} CROSS JOIN projected_event e WHERE e.view = @view AND e.revision = walked.revision
            ORDER BY e.revision {order} LIMIT {Number(limit)}
            """;
    }

    private async Task<int> CountAsync(Criterion criterion, CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var alternative in criterion.Alternatives)
        {
            var command = _connection.CommandOf(_transaction, "");
            command.CommandText = $"""
                SELECT count(*) FROM (SELECT 1 FROM projected_event WHERE view = @view AND {Equal(command, alternative)}
                AND revision >= @from AND revision <= @to LIMIT {Number(CountedMax)}) counted
                """;
            AddRange(command);
            count += (await command.ReadAllAsync(reader => reader.GetInt32(0), cancellationToken).ConfigureAwait(false))[0];
        }

        return count;
    }

    /// <summary>All revisions that name a network around it or within it, in the wanted order; null when there are as many as the limit.</summary>
    private async Task<List<long>?> NetworkAsync(Prefix network, int limit, CancellationToken cancellationToken)
    {
        // Counted first: the database does that by itself, and it is all where there are too many.
        var counted = await Networks("count(*)", network, limit).ReadAllAsync(reader => reader.GetInt32(0), cancellationToken).ConfigureAwait(false);
        if (counted[0] == limit)
        {
            return null;
        }

        var revisions = await Networks("DISTINCT revision", network, limit).ReadAllAsync(reader => reader.GetInt64(0), cancellationToken).ConfigureAwait(false);
        return [.. _newestFirst ? revisions.OrderDescending() : revisions.Order()];
    }

    private DbCommand Networks(string what, Prefix network, int limit)
    {
        var command = _connection.CommandOf(_transaction, "");
        var around = NetworkKey.Around(network).Select((key, i) =>
        {
            command.Add($"@around{Number(i)}", key);
            return $"@around{Number(i)}";
        }).ToList();
        const string Select = "SELECT revision FROM projected_network WHERE view = @view AND revision >= @from AND revision <= @to AND";
        var within = $"{Select} network >= @first AND network <= @last";
        var all = around.Count == 0 ? within : $"{Select} network IN ({string.Join(", ", around)}) UNION ALL {within}";
        command.CommandText = $"SELECT {what} FROM ({all} LIMIT {Number(limit)}) found";
        command.Add("@first", NetworkKey.Of(network));
        command.Add("@last", NetworkKey.EndOf(network));
        AddRange(command);
        return command;
    }

    /// <summary>The first revision up to which an event was as late as that; the one after the last when none was.</summary>
    private async Task<long> FirstOfAsync(long unixMs, CancellationToken cancellationToken)
    {
        var (low, high) = (1L, View.Revision + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var command = _connection.CommandOf(_transaction, "SELECT peak_ms FROM projected_event WHERE view = @view AND revision = @revision",
                ("@view", View.View), ("@revision", middle));
            var peak = (await command.ReadAllAsync(reader => reader.GetInt64(0), cancellationToken).ConfigureAwait(false)).SingleOrDefault();
            (low, high) = peak >= unixMs ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private void AddRange(DbCommand command)
    {
        command.Add("@view", View.View);
        command.Add("@from", First);
        command.Add("@to", Last);
    }

    private static string Equal(DbCommand command, (string Column, object Value) alternative)
    {
        var name = $"@value{Number(command.Parameters.Count)}";
        command.Add(name, alternative.Value);
        return $"{alternative.Column} = {name}";
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <param name="Alternatives">Columns of which one has that value.</param>
    private sealed record Criterion(IReadOnlyList<(string Column, object Value)> Alternatives)
    {
        public int Count { get; set; }
    }
}
