using MeshActors.ActorTests.Support;
using MeshActors.Benchmarks;
using MeshActors.Cluster.Projections;
using MeshActors.Cluster.Regions;
using MeshActors.Cluster.Storage;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain.Ipam;

namespace MeshActors.ActorTests.Projections;

/// <summary>Searches against a dumb scan of all rows, whatever the filter and however far the view is.</summary>
public sealed class EventSearchTests : IDisposable
{
    private const int Filters = 150;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(41, 3_000)]     // all of it is projected
    [InlineData(42, 2_990)]
    [InlineData(43, 1_000)]
    [InlineData(44, 0)]         // nothing is
    public async Task A_search_finds_what_a_scan_finds(int seed, int projected)
    {
        var rows = WithClocksThatDiffer(JournalGenerator.Rows(seed, 40, 3_000)).ToList();
        var database = TestJournal.In(_directory.Path);
        await JournalSchema.MigrateAsync(database, default);
        var tables = new ProjectionTables(database);
        if (projected > 0)
        {
            Projected.Store(_directory.Path, Some.Acme, rows.Take(projected));
            await new Projecting(database, tables, TimeProvider.System).CatchUpAsync(Some.Acme, default);
        }

        Projected.Store(_directory.Path, Some.Acme, rows.Skip(projected));
        var search = new EventSearch(tables, null!, new Homes(null));
        var random = new Random(seed);
        var read = rows.Select(row => (row.Revision, row.Manifest, Row: JournalMapping.Decode(row.Manifest, row.Bytes.Span))).ToList();
        var found = 0;
        for (var i = 0; i < Filters; i++)
        {
            var filter = Filter(random, read[random.Next(read.Count)].Row, read[random.Next(read.Count)]);
            var (from, to) = (random.Next(3) == 0 ? random.Next(1, 3_000) : 0, random.Next(3) == 0 ? random.Next(1, 3_000) : 0);
            var expected = read.Where(row => row.Revision >= from && (to == 0 || row.Revision <= to) && filter.Takes(row.Manifest, row.Row)).Select(row => row.Revision).ToList();
            foreach (var newestFirst in new[] { false, true })
            {
                var actual = await AllAsync(search, new EventQuery(filter, from, to, newestFirst, random.Next(1, 60)));
                Assert.Equal(newestFirst ? Enumerable.Reverse(expected) : expected, actual);
            }

            found += expected.Count;
        }

        Assert.True(found > Filters, $"The filters take too little: {found} events.");
    }

    private static async Task<List<long>> AllAsync(EventSearch search, EventQuery query)
    {
        var found = new List<long>();
        while (true)
        {
            var page = await search.FindAsync(Some.Acme, query, 3_000, default);
            Assert.True(page.Entries.Count <= query.Limit);
            found.AddRange(page.Entries.Select(entry => entry.Revision));
            if (page.Next == 0)
            {
                return found;
            }

            query = query.NewestFirst ? query with { To = page.Next } : query with { From = page.Next };
        }
    }

    private static EventFilter Filter(Random random, OrganizationRow some, (long Revision, string Manifest, OrganizationRow Row) other)
    {
        bool Asks() => random.Next(3) == 0;
        Prefix? network = Touched.Networks(some.Event) is [var first, ..] && Asks() ? Near(random, first) : null;
        var principal = random.Next(3) switch
        {
            0 => some.Meta.Principal.Id,
            1 => some.Meta.Principal.Name,
            _ => EventFacts.KindOf(some.Meta.Principal),
        };
        var time = other.Row.Meta.Time;
        return new EventFilter(
            Asks() ? [other.Manifest, "node-joined", EventFilter.ShortType(other.Manifest), "no-such"] : Asks() ? [other.Manifest] : [],
            Asks() ? Touched.Node(some.Event) : null, network, Asks() ? principal : null,
            Asks() ? time.AddMilliseconds(random.Next(-1, 2)) : null, Asks() ? time.AddHours(random.Next(0, 3)) : null);
    }

    /// <summary>It, something in it, or something around it.</summary>
    private static Prefix Near(Random random, Prefix network) => random.Next(3) switch
    {
        0 => network,
        1 => Prefix.Host(network.Address),
        _ => Prefix.From(network.Address, random.Next(network.Length + 1)),
    };

    /// <summary>Gateways' clocks differ by minutes, and one is hours ahead for a while.</summary>
    private static IEnumerable<JournalRow> WithClocksThatDiffer(IEnumerable<JournalRow> rows)
    {
        JournalRow? before = null;
        foreach (var row in rows)
        {
            var read = JournalMapping.Decode(row.Manifest, row.Bytes.Span);
            var time = read.Meta.Time.AddMinutes(row.Revision % 7).AddHours(row.Revision is > 1_200 and < 1_210 ? 3 : 0);
            var bytes = JournalMapping.Encode(new OrganizationRow(read.Event, read.Meta with { Time = time }, before?.Hash() ?? []));
            before = row with { Bytes = bytes };
            yield return before.Value;
        }
    }
}
