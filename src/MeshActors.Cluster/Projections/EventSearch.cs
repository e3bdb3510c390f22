using System.Data.Common;
using System.Globalization;
using MeshActors.Cluster.Entities;
using MeshActors.Cluster.Regions;
using MeshActors.Cluster.Storage;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;

namespace MeshActors.Cluster.Projections;

/// <summary>
/// Pages of events. The view finds them; what it does not have yet is read from the journal, so that nobody waits for a
/// view and everybody sees what was just stored. Where there is no view, all of it is read, as much as one page may cost.
/// </summary>
internal sealed class EventSearch(ProjectionTables tables, HomeRows rows, Homes homes)
{
    /// <summary>Rows of the journal that one page reads at most: some 100 ms. A page that ends for this says where to go on.</summary>
    private const int ReadMax = 10_000;

    /// <summary>Rows that are read at once.</summary>
    private const int StretchRows = 1_000;

    /// <param name="newest">How far the journal goes.</param>
    /// <exception cref="MeshUnavailableException">The journal cannot be read.</exception>
    public Task<EventPage> FindAsync(OrganizationId organization, EventQuery query, long newest, CancellationToken cancellationToken) =>
        homes.IsHere(organization)
            ? tables.ReadAsync(async (connection, transaction, token) =>
            {
                // What takes all events needs no view: the journal has them in order.
                var view = query.Filter.TakesAll ? null
                    : await ProjectionTables.FindAsync(connection, transaction, organization, ViewState.Serving, token).ConfigureAwait(false);
                var index = view is null ? null : await EventIndex.OpenAsync(connection, transaction, view, query, token).ConfigureAwait(false);
                return await new Walk(organization, query, newest, index, new SnapshotRows(connection, transaction, organization)).RunAsync(token).ConfigureAwait(false);
            }, cancellationToken)
            : new Walk(organization, query, newest, null, new RemoteRows(rows, organization)).RunAsync(cancellationToken);

    /// <summary>From one end of what is wanted towards the other.</summary>
    private sealed class Walk(OrganizationId organization, EventQuery query, long newest, EventIndex? index, IRows journal)
    {
        private readonly long _first = Math.Max(1, query.From);
        private readonly long _last = query.To > 0 ? Math.Min(query.To, newest) : newest;
        private readonly List<OrganizationEntry> _found = [];
        private long _cursor;
        private int _read;

        private bool IsInRange => _cursor >= _first && _cursor <= _last;

        public async Task<EventPage> RunAsync(CancellationToken cancellationToken)
        {
            _cursor = query.NewestFirst ? _last : _first;
            while (IsInRange && _found.Count < query.Limit && _read < ReadMax)
            {
                if (index is null || _cursor > index.View.Revision)
                {
                    await ScanAsync(index is null ? 1 : index.View.Revision + 1, long.MaxValue, cancellationToken).ConfigureAwait(false);
                }
                else if (!Skip(index))
                {
                    await (index.HasCandidates ? LookUpAsync(index, cancellationToken) : ScanAsync(index.First, index.Last, cancellationToken)).ConfigureAwait(false);
                }
            }

            return new EventPage(_found, IsInRange ? _cursor : 0);
        }

        /// <summary>Past what no time that is asked for can be in. True when the cursor was moved.</summary>
        private bool Skip(EventIndex index)
        {
            var before = _cursor;
            _cursor = query.NewestFirst
                ? (_cursor < index.First ? 0 : Math.Min(_cursor, index.Last))
                : (_cursor > index.Last ? index.View.Revision + 1 : Math.Max(_cursor, index.First));
            return _cursor != before;
        }

        private async Task LookUpAsync(EventIndex index, CancellationToken cancellationToken)
        {
            var (revisions, next) = await index.NextAsync(_cursor, Math.Min(query.Limit - _found.Count, StretchRows), cancellationToken).ConfigureAwait(false);
            var found = await journal.ReadAsync(revisions, cancellationToken).ConfigureAwait(false);
            // Looking costs, too, where little is found.
            _read += Math.Max(found.Count, StretchRows / 10);
            var end = query.NewestFirst ? 0 : index.View.Revision + 1;
            Take(found, next ?? end);
        }

        private async Task ScanAsync(long from, long to, CancellationToken cancellationToken)
        {
            var count = query.Filter.TakesAll ? Math.Min(query.Limit - _found.Count, StretchRows) : StretchRows;
            var (begin, end) = query.NewestFirst
                ? (Math.Max(Math.Max(_first, from), _cursor - count + 1), _cursor)
                : (_cursor, Math.Min(Math.Min(_last, to), _cursor + count - 1));
            var stretch = await journal.ReadAsync(begin, end, cancellationToken).ConfigureAwait(false);
            _read += stretch.Count;
            Take(stretch, query.NewestFirst ? begin - 1 : end + 1);
        }

        private void Take(List<JournalRow> stretch, long next)
        {
            stretch.Sort((a, b) => query.NewestFirst ? b.Revision.CompareTo(a.Revision) : a.Revision.CompareTo(b.Revision));
            foreach (var row in stretch)
            {
                if (Read(row) is not { } entry)
                {
                    continue;
                }

                _found.Add(entry);
                if (_found.Count == query.Limit)
                {
                    _cursor = query.NewestFirst ? row.Revision - 1 : row.Revision + 1;
                    return;
                }
            }

            _cursor = next;
        }

        private OrganizationEntry? Read(JournalRow row)
        {
            try
            {
                var read = JournalMapping.Decode(row.Manifest, row.Bytes.Span);
                return query.Filter.Takes(row.Manifest, read) ? new OrganizationEntry(row.Revision, read.Meta, read.Event, row.Manifest) : null;
            }
            catch (FormatException e)
            {
                throw new MeshUnavailableException($"Entry {row.Revision} of organization '{organization}' cannot be read: {e.Message}", e);
            }
        }
    }

    private interface IRows
    {
        Task<List<JournalRow>> ReadAsync(long from, long to, CancellationToken cancellationToken);

        Task<List<JournalRow>> ReadAsync(IReadOnlyList<long> revisions, CancellationToken cancellationToken);
    }

    /// <summary>Of the moment of the view.</summary>
    private sealed class SnapshotRows(DbConnection connection, DbTransaction transaction, OrganizationId organization) : IRows
    {
        public Task<List<JournalRow>> ReadAsync(long from, long to, CancellationToken cancellationToken) => ReadAsync(
            string.Create(CultureInfo.InvariantCulture, $"sequence_number >= {from} AND sequence_number <= {to}"), cancellationToken);

        public async Task<List<JournalRow>> ReadAsync(IReadOnlyList<long> revisions, CancellationToken cancellationToken) => revisions.Count == 0 ? []
            : await ReadAsync($"sequence_number IN ({string.Join(", ", revisions.Select(revision => revision.ToString(CultureInfo.InvariantCulture)))})", cancellationToken).ConfigureAwait(false);

        private Task<List<JournalRow>> ReadAsync(string which, CancellationToken cancellationToken) => connection.CommandOf(
            transaction, $"SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = @entity AND {which}", ("@entity", OrganizationActor.PersistenceIdOf(organization)))
            .ReadAllAsync(reader => new JournalRow(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2)), cancellationToken);
    }

    /// <summary>From the organization's home elsewhere, which is asked for stretches alone.</summary>
    private sealed class RemoteRows(HomeRows rows, OrganizationId organization) : IRows
    {
        public async Task<List<JournalRow>> ReadAsync(long from, long to, CancellationToken cancellationToken)
        {
            var stretch = new List<JournalRow>();
            await foreach (var page in rows.ReadAsync(organization, from, to, cancellationToken).ConfigureAwait(false))
            {
                stretch.AddRange(page);
            }

            return stretch;
        }

        public Task<List<JournalRow>> ReadAsync(IReadOnlyList<long> revisions, CancellationToken cancellationToken) =>
            throw new NotSupportedException("There is no view of an organization that is at home elsewhere.");
    }
}
