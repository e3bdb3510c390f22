using CsCheck;
using MeshActors.Cli.Commands;

namespace MeshActors.UnitTests.Cli;

public sealed class EventRangeTests
{
    private const long Newest = 20;

    [Fact]
    public void It_is_what_taking_from_a_list_of_all_revisions_would_be()
    {
        var number = Gen.Long[1, 30].Select(n => n > 25 ? (long?)null : n);
        Gen.Select(number, number, number).Sample((from, to, limit) =>
        {
            var all = Enumerable.Range(1, 40).Select(n => (long)n).Where(n => n >= (from ?? 1) && n <= (to ?? Newest));
            var expected = limit is not { } count ? all : from is null ? all.TakeLast((int)count) : all.Take((int)count);

            Assert.Equal(expected, Revisions(new EventRange(from, to, limit)));
        });
    }

    private static IEnumerable<long> Revisions(EventRange range)
    {
        if (range.Resolve(Newest) is not var (first, last))
        {
            return [];
        }

        var end = last == 0 ? Newest : last;
        return Enumerable.Range(1, 40).Select(n => (long)n).Where(n => n >= first && n <= end && (range.To is not null || n <= Newest));
    }
}
